import PilotWire

/// The decoders of PilotWire's messages, each held against what writes them, for tests and the fuzzer.
///
/// What can be read must be written as something that reads the same, and, but for IPv4-mapped addresses and the zeros in a Sync, as
/// the beginning of the input.
package enum WireRoundTrip: Sendable {
  case beaconMessage
  case tunnelFrame
  case packet
  /// A text message of the authentication, whose JSON may have more members than are written again.
  case handshakeMessage

  /// Reads and writes the input once, in the time that its length takes.
  ///
  /// - Parameter input: Any bytes at all.
  /// - Returns: Whether the input could be read.
  /// - Throws: ``WireRoundTripFailure`` if what is written isn't what was read.
  package func check(_ input: [UInt8]) throws(WireRoundTripFailure) -> Bool {
    switch self {
    case .beaconMessage:
      try Self.check(input, rewritten(beaconMessage:)) { written in
        // An address in sixteen bytes that is IPv4's is written in four; a Sync that lists node 0 is written without.
        input.count >= 20 && input[1] == 16 && written.count == 8
          || input.first == BeaconMessageType.sync.rawValue && written.count < input.count
      }
    case .tunnelFrame: try Self.check(input, rewritten(tunnelFrame:))
    case .packet: try Self.check(input, rewritten(packet:))
    case .handshakeMessage: try Self.checkHandshakeMessage(input)
    }
  }

  private static func checkHandshakeMessage(_ input: [UInt8]) throws(WireRoundTripFailure) -> Bool {
    guard let message = try? HandshakeMessage(parsing: input.span.raw) else { return false }
    let json: String
    switch message {
    case .challenge(let challenge): json = challenge.json
    case .reply(let reply): json = reply.json
    case .ok: json = AuthOK().json
    case .drain(let notice): json = notice.json
    case .unknown: return true
    }
    let text = Array(json.utf8)
    guard (try? HandshakeMessage(parsing: text.span.raw)) == message else {
      throw WireRoundTripFailure("\(message) was written as \(json)")
    }
    return true
  }

  private static func check(
    _ input: [UInt8], _ rewrite: ([UInt8]) throws(WireError) -> [UInt8], isOtherForm: ([UInt8]) -> Bool = { _ in false }
  ) throws(WireRoundTripFailure) -> Bool {
    guard let written = try? rewrite(input) else { return false }
    guard input.starts(with: written) || isOtherForm(written) else {
      throw WireRoundTripFailure("\(input) was written as \(written)")
    }
    guard (try? rewrite(written)) == written else {
      throw WireRoundTripFailure("\(written) is written differently next time")
    }
    return true
  }
}

/// A message that isn't written as it was read.
package struct WireRoundTripFailure: Error, CustomStringConvertible {
  /// What was read, and what was written, in one sentence.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
