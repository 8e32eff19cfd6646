import PilotConsole
internal import PilotWire

/// Tunnel frames as JSON.
enum TunnelDescription {
  static func of(_ frame: RawSpan) throws(WireError) -> JSONValue {
    switch try TunnelFrame(parsing: frame) {
    case .plain(let plain):
      return ["kind": "plain", "packet": try PacketDescription.of(plain.packet, kind: nil)]
    case .sealed(let sealed):
      return [
        "kind": "sealed", "sender": .int(sealed.sender.rawValue),
        "nonce_prefix": .string(hex(sealed.nonce.prefix)), "counter": .int(sealed.nonce.counter),
        "ciphertext": .string(Hex.encode(sealed.ciphertext)), "tag": .string(Hex.encode(sealed.tag)),
      ]
    case .keyExchange(let exchange):
      return json(
        [
          "kind": "key_exchange", "sender": .int(exchange.sender.rawValue),
          "agreement_key": .string(exchange.agreementKey.base64),
        ], frame, exchange.encodedLength)
    case .authenticatedKeyExchange(let exchange):
      return json(
        [
          "kind": "authenticated_key_exchange", "sender": .int(exchange.sender.rawValue),
          "agreement_key": .string(exchange.agreementKey.base64),
          "public_key": .string(exchange.publicKey.base64), "signature": .string(exchange.signature.base64),
        ], frame, exchange.encodedLength)
    case .punch(let punch):
      return json(["kind": "punch"], frame, punch.encodedLength)
    }
  }

  private static func json(
    _ members: KeyValuePairs<String, JSONValue>, _ frame: RawSpan, _ length: Int
  ) -> JSONValue {
    .object(
      members.map { name, value in .init(name: name, value: value) } + FrameDescription.ignored(frame, behind: length))
  }

  private static func hex(_ value: UInt32) -> String {
    Hex.padded(String(value, radix: 16), to: 8)
  }
}
