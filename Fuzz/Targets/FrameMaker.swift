import PilotIdentity
import PilotWire

/// Makes frames of the kinds that a beacon knows, of what the program chooses: what random bytes would rarely spell.
enum FrameMaker {
  private static let kinds = 9
  /// Longer than two Ethernet frames.
  private static let longestPayload = 4_000

  static func frame(_ reader: inout InputReader) -> [UInt8] {
    switch reader.number(below: kinds) {
    case 0: discover(&reader, node: node(&reader))
    case 1: discover(&reader, node: nil)
    case 2: relay(&reader)
    case 3: request(&reader)
    case 4: Punch().encoded() + zeros(reader.number(below: 4))
    case 5: sync(&reader)
    case 6: Array("PILS".utf8) + zeros(reader.number(below: 64))
    case 7: PunchCommand(endpoint: FuzzedWorld.sources[0]).encoded()
    default: Notify(kind: reader.byte()).encoded()
    }
  }

  /// One of 24 nodes, of which the first few have keys; or the broadcast address.
  static func node(_ reader: inout InputReader) -> NodeID {
    NodeID(UInt32(reader.number(below: 25))) ?? broadcast
  }

  private static let broadcast = NodeID(PilotAddress.broadcastNode) ?? FuzzedNode.listed[0]

  /// With no key, the node's own, another one, or less than one behind it, and with bytes behind that.
  private static func discover(_ reader: inout InputReader, node: NodeID?) -> [UInt8] {
    let choice = reader.byte()
    let owner = choice & 4 == 0 ? node : FuzzedNode.listed[0]
    let key = choice & 2 == 0 ? nil : owner.flatMap { FuzzedNode.keys[$0] }
    let message = Discover(node: node, publicKey: key, wantsDestination: choice & 1 != 0)
    return message.encoded() + zeros(Int(choice >> 3))
  }

  private static func relay(_ reader: inout InputReader) -> [UInt8] {
    let (sender, destination) = (node(&reader), node(&reader))
    let length = (reader.number(below: 256) << 8 | reader.number(below: 256)) % longestPayload
    return Relay(sender: sender, destination: destination, payload: zeros(length).span.raw).encoded()
  }

  /// With no grant, the target's, one whose time is over, somebody else's, or less than one.
  private static func request(_ reader: inout InputReader) -> [UInt8] {
    let (requester, target) = (node(&reader), node(&reader))
    let choice = reader.number(below: 5)
    let signer = choice == 3 ? FuzzedNode.listed[0] : target
    let expiry = choice == 2 ? FuzzedNode.unixTime - 1 : FuzzedNode.unixTime + 60
    guard choice > 0, let identity = FuzzedNode.identities[signer],
      let signature = try? identity.sign(
        PunchGrant.signedText(requester: requester, target: target, expiry: expiry))
    else { return PunchRequest(requester: requester, target: target).encoded() }
    let grant = PunchGrant(expiry: expiry, signature: signature)
    let bytes = PunchRequest(requester: requester, target: target, grant: grant).encoded()
    return choice == 4 ? bytes.dropLast() : bytes
  }

  /// A list with zeros in it, and now and then with less than it promises.
  private static func sync(_ reader: inout InputReader) -> [UInt8] {
    let count = reader.byte() % 8
    var bytes: [UInt8] = [BeaconMessageType.sync.rawValue, 0, 0, 0, reader.byte(), 0, count]
    for _ in 0..<count { bytes += [0, 0, 0, reader.byte() % 25] }
    return reader.byte() % 4 == 0 ? bytes.dropLast() : bytes
  }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
