/// Keeps one connection up: dials, waits, dials again, until told to rest or to stop.
///
/// A value without clock, socket or random source. Each event returns what the driver does next; no failure ends it, only
/// ``close()``.
public struct ConnectionSupervisor: Sendable {
  private enum State: Sendable {
    case idle
    case dialing
    case connected(since: MonotonicInstant)
    case waiting
    case closed
  }

  /// What follows from ``start()`` and ``timerFired()``.
  public enum OnDue: Sendable, Equatable { case dial, nothing }

  /// What follows from an established connection.
  public enum OnConnected: Sendable, Equatable {
    /// Announce it: the first one since ``start()``, or one after a loss.
    case announce(first: Bool)
    /// Take it down: the supervisor was put to rest, or closed, meanwhile.
    case discard
  }

  /// What follows from a failed attempt or a lost connection.
  public enum OnDown: Sendable, Equatable {
    /// Set the timer. `attempt` counts from 1 since the last connection that lived.
    case wait(Duration, attempt: Int)
    case nothing
  }

  private var state = State.idle
  private var backoff: Backoff
  private var wasConnected = false

  /// Starts idle.
  public init(backoff: Backoff.Configuration = Backoff.Configuration()) {
    self.backoff = Backoff(backoff)
  }

  /// Whether a connection is up.
  public var isConnected: Bool {
    if case .connected = state { return true }
    return false
  }

  /// Whether an attempt is under way.
  package var isDialing: Bool {
    if case .dialing = state { return true }
    return false
  }

  /// Begins, for the first time or after a rest.
  public mutating func start() -> OnDue {
    guard case .idle = state else { return .nothing }
    state = .dialing
    return .dial
  }

  /// Ends the connection, the attempt or the delay, until ``start()``. What has failed before isn't forgotten: whoever rests
  /// and starts in turn dials no more often than the delays allow, but for the first attempt each time.
  ///
  /// - Returns: Whether there was something to end.
  public mutating func rest(at now: MonotonicInstant) -> Bool {
    switch state {
    case .connected(let since): backoff.connectionEnded(after: since.duration(to: now))
    case .dialing, .waiting: break
    case .idle, .closed: return false
    }
    state = .idle
    wasConnected = false
    return true
  }

  /// The connection, the attempt or the delay is given up, and another attempt follows at once: the network is another one, and
  /// what has failed before says nothing about it. Without effect while idle.
  public mutating func redial() -> OnDue {
    switch state {
    case .connected, .dialing, .waiting:
      backoff.reset()
      state = .dialing
      return .dial
    case .idle, .closed: return .nothing
    }
  }

  /// The delay is over.
  public mutating func timerFired() -> OnDue {
    guard case .waiting = state else { return .nothing }
    state = .dialing
    return .dial
  }

  /// The dial succeeded, authentication included.
  public mutating func connected(at now: MonotonicInstant) -> OnConnected {
    guard case .dialing = state else { return .discard }
    state = .connected(since: now)
    defer { wasConnected = true }
    return .announce(first: !wasConnected)
  }

  /// The dial failed, or the connection ended.
  ///
  /// - Parameters:
  ///   - hopeless: Whether an early retry can't help: the beacon refused the identity, or another instance of this node
  ///     took the connection over.
  ///   - retryAfter: How long the peer asks to be left alone. It counts up to the backoff's longest delay.
  ///   - hold: How long an attempt would do harm. The delay is no shorter, whatever its bounds are.
  ///   - now: When it was noticed.
  ///   - random: Uniform in 0..<1, for the jitter.
  public mutating func down(
    hopeless: Bool, retryAfter: Duration = .zero, hold: Duration = .zero, at now: MonotonicInstant, random: Double
  ) -> OnDown {
    switch state {
    case .connected(let since):
      backoff.connectionEnded(after: since.duration(to: now))
    case .dialing:
      break
    case .idle, .waiting, .closed:
      return .nothing
    }
    if hopeless { backoff.jumpToMaximum() }
    let delay = backoff.next(random: random, atLeast: retryAfter)
    state = .waiting
    return .wait(max(delay, hold), attempt: backoff.attempts)
  }

  /// Another connection has taken over from the present one, which was up all the time.
  /// - Returns: Whether there was one: if not, the other one is to be taken down.
  package mutating func replaced(at now: MonotonicInstant) -> Bool {
    guard case .connected(let since) = state else { return false }
    backoff.connectionEnded(after: since.duration(to: now))
    state = .connected(since: now)
    return true
  }

  /// Stops for good.
  /// - Returns: Whether this call did it.
  public mutating func close() -> Bool {
    if case .closed = state { return false }
    state = .closed
    return true
  }
}
