public import PilotNode
public import PilotTransport
public import PilotWire

/// What tunnels tell beside datagrams.
@nonexhaustive
public enum TunnelEvent: Sendable, Equatable {
  /// How the node stands with its beacon has changed.
  case node(NodeState)
  /// Frames reach a peer by another route than before: at the first session, at each change, and when the session ends.
  case route(NodeID, PeerRoute)
  /// A peer was refused; told once a second and peer at most.
  case refused(NodeID, TunnelRefusal)
  /// The beacon says that nobody of this ID is attached. What is sent to it is lost until it comes back. Not told of a peer that is
  /// reached directly.
  case gone(NodeID)
  /// A peer has answered a probe (``Tunnels/probe(_:payload:)``).
  case echo(TunnelEcho)
}

/// Why a peer was refused.
@nonexhaustive
public enum TunnelRefusal: Hashable, Sendable {
  /// Nobody knows a key for it.
  case unknown
  /// Its key is known, and it isn't allowed.
  case notAllowed
  /// Somebody claims to be it with another key than the one that is known for it, and nothing has come under its own session lately.
  /// Who it is hasn't been verified.
  case wrongKey
  /// Whoever knows keys doesn't answer.
  case unavailable
}

extension TunnelRefusal: CustomStringConvertible {
  /// `unknown`, `not_allowed`, `wrong_key` or `unavailable`.
  public var description: String {
    switch self {
    case .unknown: "unknown"
    case .notAllowed: "not_allowed"
    case .wrongKey: "wrong_key"
    case .unavailable: "unavailable"
    }
  }
}

/// A peer's answer to a probe.
public struct TunnelEcho: Hashable, Sendable {
  /// Who has answered: verified.
  public let peer: NodeID
  /// What was sent, as it has come back.
  public let payload: [UInt8]
  /// By which route the answer has come.
  public let route: PeerRoute
  /// When, on the ``/PilotTransport/MonotonicClock``.
  public let arrival: MonotonicInstant
}
