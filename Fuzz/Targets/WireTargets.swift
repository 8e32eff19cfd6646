import PilotWire

/// The decoders of PilotWire's messages. What can be read must be written as something that reads the same, and, but for
/// IPv4-mapped addresses and the zeros in a Sync, as the beginning of the input.
enum WireTargets {
  static func beaconMessage(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input, rewritten(beaconMessage:)) { written in
      // An address in sixteen bytes that is IPv4's is written in four; a Sync that lists node 0 is written without.
      input.count >= 20 && input[1] == 16 && written.count == 8
        || input.first == BeaconMessageType.sync.rawValue && written.count < input.count
    }
  }

  static func tunnelFrame(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input, rewritten(tunnelFrame:))
  }

  static func packet(_ input: [UInt8]) throws(Violation) -> Bool {
    try check(input, rewritten(packet:))
  }

  /// A text message of the authentication, whose JSON may have more members than are written again.
  static func handshakeMessage(_ input: [UInt8]) throws(Violation) -> Bool {
    guard let message = try? HandshakeMessage(parsing: input.span.raw) else { return false }
    let json: String
    switch message {
    case .challenge(let challenge): json = challenge.json
    case .reply(let reply): json = reply.json
    case .ok: json = AuthOK().json
    case .unknown: return true
    }
    let text = Array(json.utf8)
    guard (try? HandshakeMessage(parsing: text.span.raw)) == message else {
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
}
