package import PilotTransport

/// The limits in time of a WebSocket connection.
package struct WebSocketTimes: Sendable, Equatable {
  /// From the upgrade to `auth_ok`. Default 10 s (wire reference, section 3).
  package var authentication: Duration = .seconds(10)
  /// Pings the peer when set: the client's way.
  package var keepalive: Keepalive.Configuration?
  /// Otherwise, how long the peer may be silent. Default 90 s (wire reference, section 3).
  package var idle: Duration = .seconds(90)
  /// How long the peer may read nothing while something waits for it. Default 30 s.
  package var stall: Duration = .seconds(30)
  /// How long to wait for the peer's Close, or for its end of TCP. Default 2 s.
  package var closing: Duration = .seconds(2)
  /// The same for the Close of a connection that is left (``WebSocketReaction/leave(_:)``): a beacon first sends what waits, for
  /// which it has 2 s. Default 3 s.
  package var leaving: Duration = .seconds(3)

  package init() {}

  func liveness(from now: MonotonicInstant) -> Liveness {
    if let keepalive { return .pinging(Keepalive(keepalive, at: now)) }
    return .listening(limit: idle, lastHeard: now)
  }

  /// The silence that ends a connection.
  var silence: Duration { keepalive.map { $0.timeout } ?? idle }
}
