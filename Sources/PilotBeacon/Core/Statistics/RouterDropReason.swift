internal import PilotWire

/// Why the router dropped a frame.
@nonexhaustive
public enum RouterDropReason: Int, CaseIterable, Sendable, CustomStringConvertible {
  /// From an address that may not speak.
  case denied
  /// No byte at all.
  case empty
  /// No beacon message has this first byte.
  case unknownType
  /// Shorter than its type demands.
  case truncated
  /// Names node 0, which no node is.
  case nodeIDZero
  /// Of a type that only beacons send to nodes.
  case beaconOnlyType
  /// A list of another beacon's nodes, from where none is configured.
  case notANeighbour
  /// A list of this beacon's own nodes that has come back: its own name is among those of the others.
  case ownList
  /// A frame that claims to be passed on by a beacon of the cluster, and none is known by that number, with a key of that session.
  case notABeacon
  /// A frame that claims to be passed on by a beacon of the cluster, and its tag is wrong.
  case forgedRelay
  /// A frame that a beacon of the cluster has passed on, and that has come before, or is too old to tell.
  case replayedRelay
  /// A tunnel frame, which nodes send to each other and, to a beacon, only inside Relay.
  case tunnelFrame
  /// A datagram from port 0, which nothing can be sent back to.
  case sourcePortZero
  /// Over a connection that isn't its node's current one: it was replaced, or has been detached.
  case staleConnection
  /// A Discover over WSS for another node than the one that authenticated.
  case nodeMismatch
  /// A Relay whose sender is not the node of the connection or of the source address.
  case senderMismatch
  /// A Relay over UDP whose sender is not registered, or not any more.
  case senderUnknown
  /// A Relay to a node that is not here.
  case destinationUnknown
  /// A Relay or Discover of a source that has had its share of them, or of bytes, for now.
  case rateLimited
  /// A Relay to an endpoint that hasn't answered, and has been sent enough.
  case unansweredEndpoint
  /// A proof for a challenge that is too old, or was never made.
  case proofExpired
  /// A proof that names its beacon in no form that a name has.
  case nameInvalid
  /// A proof over WSS, where the connection has been authenticated.
  case proofOverWSS

  /// What the parsers of the messages that a beacon takes can say: too short, node 0, or a broken name.
  init(_ error: WireError) {
    switch error {
    case .nodeIDZero: self = .nodeIDZero
    case .beaconName: self = .nameInvalid
    default: self = .truncated
    }
  }

  /// The reason's name in snake case, fit for metrics.
  public var description: String {
    switch self {
    case .denied: "denied"
    case .empty: "empty"
    case .unknownType: "unknown_type"
    case .truncated: "truncated"
    case .nodeIDZero: "node_id_zero"
    case .beaconOnlyType: "beacon_only_type"
    case .notANeighbour: "not_a_neighbour"
    case .ownList: "own_list"
    case .notABeacon: "not_a_beacon"
    case .forgedRelay: "forged_relay"
    case .replayedRelay: "replayed_relay"
    case .tunnelFrame: "tunnel_frame"
    case .sourcePortZero: "source_port_zero"
    case .staleConnection: "stale_connection"
    case .nodeMismatch: "node_mismatch"
    case .senderMismatch: "sender_mismatch"
    case .senderUnknown: "sender_unknown"
    case .destinationUnknown: "destination_unknown"
    case .rateLimited: "rate_limited"
    case .unansweredEndpoint: "unanswered_endpoint"
    case .proofExpired: "proof_expired"
    case .nameInvalid: "name_invalid"
    case .proofOverWSS: "proof_over_wss"
    }
  }
}
