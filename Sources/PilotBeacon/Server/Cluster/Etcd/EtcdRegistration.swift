import PilotTransport

/// What a beacon does next to be known in etcd: a lease, its own key under it, and then its nodes' keys.
///
/// All that it writes hangs on the lease: if the beacon ends without a word, or can't reach etcd for ``timeToLive``, it is gone
/// there. Whether the lease still stands etcd alone knows, which may have been away itself: so it is asked for as long as it doesn't
/// say no. No clock and no socket: each answer is a call.
struct EtcdRegistration: Sendable {
  /// How long a lease stands without a word from its beacon.
  static let timeToLive: Duration = .seconds(15)
  /// From one word to the next at most, and up to a fifth less.
  static let beat: Duration = .seconds(5)
  /// How long who finds its number taken waits for that to run out.
  static let takenPause: Duration = .seconds(2)
  /// How long who has lost his lease waits at most before he asks for another one.
  static let lossPause: Duration = .seconds(2)

  enum Step: Equatable {
    case grant
    /// Write the beacon's own key, if nobody else has it.
    case register(lease: Int64)
    /// Keep the lease alive, and write the beacon's own key again, so that it is seen whether that is heard.
    case beat(lease: Int64)
    /// Write what has changed among the nodes, if anything has.
    case publish(lease: Int64)
    case wait(until: MonotonicInstant)
  }

  private enum State: Equatable {
    case none
    case granted(lease: Int64)
    case registered(lease: Int64, nextBeat: MonotonicInstant)
  }

  private var state = State.none
  private var backoff: Backoff
  private var retryAt = MonotonicInstant.start

  init() {
    var pauses = Backoff.Configuration()
    pauses.maximum = .seconds(10)
    backoff = Backoff(pauses)
  }

  /// The lease that is to be given back at the end.
  var lease: Int64? {
    switch state {
    case .none: nil
    case .granted(let lease), .registered(let lease, _): lease
    }
  }

  mutating func next(at now: MonotonicInstant) -> Step {
    if now < retryAt { return .wait(until: retryAt) }
    switch state {
    case .none: return .grant
    case .granted(let lease): return .register(lease: lease)
    case .registered(let lease, let nextBeat): return now >= nextBeat ? .beat(lease: lease) : .publish(lease: lease)
    }
  }

  /// A lease was granted.
  mutating func granted(_ lease: Int64) { state = .granted(lease: lease) }

  /// The beacon's own key is written, anew or once more: the lease stands.
  ///
  /// - Parameter random: Uniform in 0..<1: beacons that have begun together don't go on in step.
  mutating func registered(_ lease: Int64, random: Double, at now: MonotonicInstant) {
    state = .registered(lease: lease, nextBeat: now.advanced(by: Self.beat * (1 - 0.2 * random)))
    backoff.reset()
  }

  /// Another beacon has the number, or this one's former life.
  mutating func isTaken(at now: MonotonicInstant) { retryAt = now.advanced(by: Self.takenPause) }

  /// There is no such lease any more, and nothing that hung on it.
  ///
  /// - Parameter random: Uniform in 0..<1: whoever has lost it together with others asks for another one at a time of his own.
  mutating func leaseIsGone(random: Double, at now: MonotonicInstant) {
    state = .none
    retryAt = now.advanced(by: Self.lossPause * random)
  }

  /// A request has failed. What it was about is tried again after a pause.
  ///
  /// - Parameter random: Uniform in 0..<1: beacons that lose etcd together don't come back together.
  mutating func failed(random: Double, at now: MonotonicInstant) {
    retryAt = max(retryAt, now.advanced(by: backoff.next(random: random)))
  }
}
