/// Decides when to ping a connection, and when to give it up: the half-open detection.
///
/// TCP alone notices a vanished peer only when it has unacknowledged data, after minutes. A ping goes out every interval;
/// if nothing at all is heard within the timeout after it, the connection is dead. Anything heard counts as life: a pong
/// can queue behind a megabyte of frames.
public struct Keepalive: Sendable, Equatable {
  /// The times.
  public struct Configuration: Sendable, Equatable {
    /// From one ping to the next. Default 30 s (wire reference, section 3).
    public var interval: Duration = .seconds(30)
    /// How long to wait for a sign of life after a ping. Default 10 s (wire reference, section 3).
    public var timeout: Duration = .seconds(10)

    /// The deployed system's times.
    public init() {}
  }

  /// What to do now.
  public enum Action: Sendable, Equatable {
    /// Nothing before this instant.
    case wait(until: MonotonicInstant)
    /// Send a ping with this payload, then ask again at the instant.
    case ping(id: UInt64, thenAt: MonotonicInstant)
    /// The peer is gone.
    case dead
  }

  private enum State: Sendable, Equatable {
    case resting(nextPing: MonotonicInstant)
    case awaitingLife(id: UInt64, sentAt: MonotonicInstant)
  }

  private let configuration: Configuration
  private var state: State
  private var nextID: UInt64 = 1

  /// Starts with a connection that was just established.
  public init(_ configuration: Configuration = Configuration(), at now: MonotonicInstant) {
    self.configuration = configuration
    state = .resting(nextPing: now.advanced(by: configuration.interval))
  }

  /// Something arrived from the peer.
  public mutating func heard(at now: MonotonicInstant) {
    guard case .awaitingLife(_, let sentAt) = state else { return }
    state = .resting(nextPing: max(now, sentAt.advanced(by: configuration.interval)))
  }

  /// Time has passed.
  public mutating func tick(at now: MonotonicInstant) -> Action {
    switch state {
    case .resting(let nextPing):
      guard now >= nextPing else { return .wait(until: nextPing) }
      let id = nextID
      nextID &+= 1
      state = .awaitingLife(id: id, sentAt: now)
      // Whichever comes first: a pong in time, and the next ping can be due before this one's timeout would be.
      return .ping(id: id, thenAt: now.advanced(by: min(configuration.interval, configuration.timeout)))
    case .awaitingLife(_, let sentAt):
      let deadline = sentAt.advanced(by: configuration.timeout)
      return now >= deadline ? .dead : .wait(until: deadline)
    }
  }
}
