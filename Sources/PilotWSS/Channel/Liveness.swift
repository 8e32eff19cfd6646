package import PilotTransport

/// How a connection finds out that its other end is gone.
package enum Liveness: Sendable, Equatable {
  /// Ping, and expect a sign of life: the client's way.
  case pinging(Keepalive)
  /// Expect the peer to be heard at least this often: the server's way. Pings and pongs count.
  case listening(limit: Duration, lastHeard: MonotonicInstant)

  /// What to do now.
  package enum Action: Sendable, Equatable {
    case wait(until: MonotonicInstant)
    case ping(id: UInt64, thenAt: MonotonicInstant)
    case silent
  }

  /// Something arrived.
  package mutating func heard(at now: MonotonicInstant) {
    switch self {
    case .pinging(var keepalive):
      keepalive.heard(at: now)
      self = .pinging(keepalive)
    case .listening(let limit, _):
      self = .listening(limit: limit, lastHeard: now)
    }
  }

  /// Time has passed.
  package mutating func tick(at now: MonotonicInstant) -> Action {
    switch self {
    case .pinging(var keepalive):
      let action = keepalive.tick(at: now)
      self = .pinging(keepalive)
      return switch action {
      case .wait(let until): .wait(until: until)
      case .ping(let id, let next): .ping(id: id, thenAt: next)
      case .dead: .silent
      }
    case .listening(let limit, let lastHeard):
      let deadline = lastHeard.advanced(by: limit)
      return now >= deadline ? .silent : .wait(until: deadline)
    }
  }
}
