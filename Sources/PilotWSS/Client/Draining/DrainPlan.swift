import PilotTransport
import PilotWire

/// What a client does when its beacon sends it away, since it is about to end or full: it dials once more, at a moment of its own choice,
/// and changes over when that has worked. Until then it keeps the connection that it has.
///
/// A value without clock or random source.
struct DrainPlan: Sendable {
  private enum State: Sendable, Equatable {
    case none
    /// Dials at that time; to a place that the beacon has named, or where it has always dialled.
    case waiting(until: MonotonicInstant, WSSURL?)
    case dialling(WSSURL?)
  }

  /// What follows from a notice.
  enum OnTold: Sendable, Equatable {
    /// Set the timer.
    case wait(Duration)
    case ignore
  }

  /// What follows from ``due()``.
  enum OnDue: Sendable, Equatable {
    /// Dial there, or where it has always dialled.
    case dial(WSSURL?)
    case nothing
  }

  /// So many connections in a row are left because their beacons say so, if none of them has lived: beacons that send nodes
  /// around have them stay where they are at last.
  private static let movesInARow = 3
  /// Whoever has been sent away, and is again so soon after it has arrived, stays: two full beacons that name each other don't have it
  /// to and fro.
  private static let arrival: Duration = .seconds(10)
  /// A connection has lived after this time.
  private static let lifetime: Duration = .seconds(60)

  private var state = State.none
  private var moves = 0
  private var since = MonotonicInstant.start
  /// Whether the connection is there because the one before was told to go.
  private var isSentHere = false
  private var retry = Backoff(Self.retries)

  private static let retries = {
    var retries = Backoff.Configuration()
    (retries.initial, retries.maximum) = (.seconds(2), .seconds(15))
    return retries
  }()

  /// Whether another connection is being made.
  var isDialling: Bool {
    if case .dialling = state { return true }
    return false
  }

  /// A connection is up: what was told on another one doesn't hold for it.
  mutating func connected(at now: MonotonicInstant) {
    isSentHere = isDialling
    state = .none
    since = now
    retry = Backoff(Self.retries)
  }

  /// The beacon sends the node away. Only the first word on a connection counts.
  ///
  /// - Parameters:
  ///   - comeBack: When to dial.
  ///   - place: Where to, if the beacon has named a place that may be gone to.
  ///   - random: Uniform in 0..<1, for the moment.
  mutating func told(
    _ comeBack: ReturnSpan, _ place: WSSURL?, at now: MonotonicInstant, random: Double
  ) -> OnTold {
    guard state == .none else { return .ignore }
    let age = since.duration(to: now)
    if isSentHere, age < Self.arrival { return .ignore }
    if age >= Self.lifetime { moves = 0 }
    guard moves < Self.movesInARow else { return .ignore }
    moves += 1
    let span = Double(comeBack.until - comeBack.from) * min(max(random, 0), 1)
    let delay = Duration.milliseconds(comeBack.from) + .milliseconds(Int(span))
    state = .waiting(until: now.advanced(by: delay), place)
    return .wait(delay)
  }

  /// The timer has fired.
  mutating func due() -> OnDue {
    guard case .waiting(_, let place) = state else { return .nothing }
    state = .dialling(place)
    return .dial(place)
  }

  /// The dial has failed: the connection that there is stays, and another attempt follows.
  /// - Returns: How long to wait for it.
  mutating func failed(retryAfter: Duration, at now: MonotonicInstant, random: Double) -> Duration {
    guard case .dialling(let place) = state else { return .zero }
    let delay = retry.next(random: random, atLeast: retryAfter)
    state = .waiting(until: now.advanced(by: delay), place)
    return delay
  }

  /// The connection has ended, or is given up. A place that was named for it alone isn't remembered.
  /// - Returns: How long nobody is there, as far as the beacon has told; nil if it hasn't, or if that time is over.
  mutating func ended(at now: MonotonicInstant) -> Duration? {
    defer { state = .none }
    guard case .waiting(let until, nil) = state, until > now, retry.attempts == 0 else { return nil }
    return now.duration(to: until)
  }
}
