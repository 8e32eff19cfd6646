import PilotWire

/// What the beacon of a check says, and whom it speaks about.
enum BeaconFrames {
  /// The node under test.
  static let node = id(7)
  /// Another node, whose messages the beacon delivers.
  static let peer = id(8)
  /// Where the beacon sees the node.
  static let observed = Endpoint(ipv4: 198, 51, 100, 7, port: 5_000)
  /// A frame that is no node's message.
  static let notice = Notify.handshakeWaiting.encoded()
  static let reply = DiscoverReply(endpoint: observed).encoded()

  /// The other node isn't there.
  static let gone = Gone(destination: peer, reason: .notAttached).encoded()

  /// The short form of a delivery (0x06).
  static func delivery(_ payload: [UInt8]) -> [UInt8] {
    RelayDeliver(sender: peer, payload: payload.span.raw).encoded()
  }

  /// The form that names its destination (0x09).
  static func delivery(_ payload: [UInt8], to node: NodeID) -> [UInt8] {
    RelayDeliverDest(sender: peer, destination: node, payload: payload.span.raw).encoded()
  }

  /// What the beacon gets of a message to the other node.
  static func relay(_ payload: [UInt8]) -> [UInt8] {
    Relay(sender: node, destination: peer, payload: payload.span.raw).encoded()
  }

  /// What a stranger may try: a message in both forms, an answer, a question that asks for a signature, and that
  /// another node isn't there.
  static let forgeries: [[UInt8]] = [
    delivery([1]), delivery([2], to: node), DiscoverReply(endpoint: Endpoint(ipv4: 203, 0, 113, 66, port: 6)).encoded(),
    DiscoverChallenge(node: node, stamp: ChallengeStamp(rawValue: 1), token: ChallengeToken(high: 2, low: 3)).encoded(),
    gone,
  ]

  private static func id(_ number: UInt32) -> NodeID {
    guard let id = NodeID(number) else { preconditionFailure("node 0") }
    return id
  }
}
