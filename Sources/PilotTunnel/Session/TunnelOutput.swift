package import PilotWire

/// What the driver of a ``TunnelMachine`` is to do.
package enum TunnelOutput: Sendable {
  /// Send a frame to a peer.
  case send([UInt8], to: NodeID, by: RouteChoice)
  /// Look the node's key up, and tell it (``TunnelMachine/learned(_:of:at:)``).
  case lookUp(NodeID)
  /// From now on, packets to the peer are sealed by this one.
  case ready(NodeID, Sealer)
  /// The peer has no session any more.
  case ended(NodeID, SessionEnd)
  /// The peer gets no session: once a second for each at most.
  case refused(NodeID, RefusalReason)
}

/// By which route, or routes, a frame goes.
package enum RouteChoice: Hashable, Sendable {
  /// The one that the peer's packets go.
  case active
  /// All that may lead to the peer.
  case everywhere
  /// The one that a frame of the peer's has come.
  case route(TunnelRoute)
}

/// Why a session has ended.
package enum SessionEnd: Hashable, Sendable {
  /// Nothing was sent or received for long.
  case idle
  /// There were too many others, all of them busier.
  case evicted
  /// The directory has another key for the peer.
  case keyChanged
  /// The directory doesn't know the peer any more.
  case revoked
}

/// Why a peer gets no session.
package enum RefusalReason: Hashable, Sendable {
  /// Nobody knows the node's key.
  case unknown
  /// It doesn't prove who it is.
  case notAllowed
  /// It has another key than the one that is known.
  case wrongKey
  /// Whoever knows keys gave no answer.
  case unavailable
}

/// What becomes of a packet that is to be sent.
package enum SendResult: Sendable {
  /// There is a session: seal it by this one.
  case session(Sealer)
  /// It waits for a session, which is being made.
  case queued
  /// It is dropped, and counted.
  case dropped(TunnelDrop)
}
