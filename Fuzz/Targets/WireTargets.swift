import PilotWire

/// The decoders of PilotWire's messages. What can be read must be written as something that reads the same, and, but for
/// IPv4-mapped addresses, as the beginning of the input.
enum WireTargets {
  static func beaconMessage(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input, rewritten(beaconMessage:)) { written in
      // An address in sixteen bytes that is IPv4's is written in four.
      input.count >= 20 && input[1] == 16 && written.count == 8
    }
  }

  static func tunnelFrame(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input, rewritten(tunnelFrame:))
  }

  static func packet(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input) { bytes throws(WireError) in try Packet(parsing: bytes.span.raw).encoded() }
  }

  /// A text message of the authentication, whose JSON may have more members than are written again.
  static func compatMessage(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let message = try? CompatMessage(parsing: input.span.raw) else { return false }
    let json: String
    switch message {
    case .challenge(let challenge): json = challenge.json
    case .reply(let reply): json = reply.json
    case .ok: json = AuthOK().json
    case .unknown: return true
    }
    let text = Array(json.utf8)
    guard (try? CompatMessage(parsing: text.span.raw)) == message else {
      throw Violation("\(message) was written as \(json)")
    }
    return true
  }

  private static func check(
    _ input: [UInt8], _ rewrite: ([UInt8]) throws(WireError) -> [UInt8], isOtherForm: ([UInt8]) -> Bool = { _ in false }
  ) throws(Violation) -> Bool {
    guard let written = try? rewrite(input) else { return false }
    guard input.starts(with: written) || isOtherForm(written) else {
      throw Violation("\(input) was written as \(written)")
    }
    guard (try? rewrite(written)) == written else { throw Violation("\(written) is written differently next time") }
    return true
  }

  private static func rewritten(beaconMessage bytes: [UInt8]) throws(WireError) -> [UInt8] {
    switch try BeaconMessage(parsing: bytes.span.raw) {
    case .discover(let message): message.encoded()
    case .discoverReply(let message): message.encoded()
    case .punchRequest(let message): message.encoded()
    case .punchCommand(let message): message.encoded()
    case .relay(let message): message.encoded()
    case .relayDeliver(let message): message.encoded()
    case .sync(let message): try rewritten(message)
    case .discoverEx(let message): message.encoded()
    case .relayDeliverDest(let message): message.encoded()
    case .notify(let message): message.encoded()
    case .discoverChallenge(let message): message.encoded()
    case .discoverProof(let message): message.encoded()
    }
  }

  private static func rewritten(_ sync: borrowing Sync) throws(WireError) -> [UInt8] {
    var nodes: [NodeID] = []
    sync.forEach { nodes.append($0) }
    return try SyncAnnouncement(beaconID: sync.beaconID, nodeIDs: nodes).encoded()
  }

  private static func rewritten(tunnelFrame bytes: [UInt8]) throws(WireError) -> [UInt8] {
    switch try TunnelFrame(parsing: bytes.span.raw) {
    case .plain(let frame): frame.encoded()
    case .sealed(let frame): frame.encoded()
    case .keyExchange(let frame): frame.encoded()
    case .authenticatedKeyExchange(let frame): frame.encoded()
    case .punch(let frame): frame.encoded()
    }
  }
}
