/// Any beacon message, read from a frame that it borrows (wire reference, section 2).
@nonexhaustive
public enum BeaconMessage: ~Escapable {
  /// A node makes itself known, at an endpoint of its own or of several.
  case discover(Discover)
  /// The answer to that: how the beacon sees the node.
  case discoverReply(DiscoverReply)
  /// A node wants to reach another one directly.
  case punchRequest(PunchRequest)
  /// A node shall open its NAT towards a peer.
  case punchCommand(PunchCommand)
  /// A tunnel frame on its way through beacons.
  case relay(Relay)
  /// A tunnel frame at the end of that way.
  case relayDeliver(RelayDeliver)
  /// What nodes another beacon has.
  case sync(Sync)
  /// A tunnel frame at the end of its way, at an endpoint of several nodes.
  case relayDeliverDest(RelayDeliverDest)
  /// Something waits elsewhere.
  case notify(Notify)
  /// A beacon asks for proof of who a node is.
  case discoverChallenge(DiscoverChallenge)
  /// A node gives it.
  case discoverProof(DiscoverProof)
  /// A beacon says that a destination isn't there.
  case gone(Gone)
  /// A beacon is about to end.
  case drain(Drain)
  /// A beacon passes a Relay on to another of its cluster.
  case clusterRelay(ClusterRelay)

  /// Reads a whole frame, type byte included.
  ///
  /// - Throws: `WireError.empty`, `.unknownType`, and what the message of the type throws.
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    guard !frame.isEmpty else { throw .empty }
    let byte = frame.byte(at: 0)
    guard let type = BeaconMessageType(rawValue: byte) else { throw .unknownType(byte) }
    switch type {
    case .discover, .discoverEx: self = .discover(try Discover(parsing: frame))
    case .discoverReply: self = .discoverReply(try DiscoverReply(parsing: frame))
    case .punchRequest: self = .punchRequest(try PunchRequest(parsing: frame))
    case .punchCommand: self = .punchCommand(try PunchCommand(parsing: frame))
    case .relay: self = .relay(try Relay(parsing: frame))
    case .relayDeliver: self = .relayDeliver(try RelayDeliver(parsing: frame))
    case .sync: self = .sync(try Sync(parsing: frame))
    case .relayDeliverDest: self = .relayDeliverDest(try RelayDeliverDest(parsing: frame))
    case .notify: self = .notify(try Notify(parsing: frame))
    case .discoverChallenge: self = .discoverChallenge(try DiscoverChallenge(parsing: frame))
    case .discoverProof: self = .discoverProof(try DiscoverProof(parsing: frame))
    case .gone: self = .gone(try Gone(parsing: frame))
    case .drain: self = .drain(try Drain(parsing: frame))
    case .clusterRelay: self = .clusterRelay(try ClusterRelay(parsing: frame))
    }
  }

  /// The message's type.
  public var type: BeaconMessageType {
    switch self {
    case .discover(let message): message.type
    case .discoverReply: .discoverReply
    case .punchRequest: .punchRequest
    case .punchCommand: .punchCommand
    case .relay: .relay
    case .relayDeliver: .relayDeliver
    case .sync: .sync
    case .relayDeliverDest: .relayDeliverDest
    case .notify: .notify
    case .discoverChallenge: .discoverChallenge
    case .discoverProof: .discoverProof
    case .gone: .gone
    case .drain: .drain
    case .clusterRelay: .clusterRelay
    }
  }
}
