/// How frames reach a peer now.
@nonexhaustive
public enum PeerRoute: Hashable, Sendable {
  /// Not at all: there is no session.
  case none
  /// Straight between the two.
  case direct
  /// Through a beacon, to which this side sends over UDP.
  case relayOverUDP
  /// Through a beacon, to which this side has a WebSocket.
  case relayOverWSS
}

extension PeerRoute: CustomStringConvertible {
  /// `none`, `direct`, `relay-udp` or `relay-wss`.
  public var description: String {
    switch self {
    case .none: "none"
    case .direct: "direct"
    case .relayOverUDP: "relay-udp"
    case .relayOverWSS: "relay-wss"
    }
  }
}
