import PilotTesting
import PilotWire
import Testing

/// The vectors of sessions in the wire reference (`PilotWireTests/Resources/wire.json`).
struct TunnelVectors: Decodable, Sendable {
  struct Node: Decodable, Sendable {
    var node_id: UInt32
    var private_hex: String
    var public_hex: String
  }

  struct Sealed: Decodable, Sendable {
    var sender: UInt32
    var nonce_prefix_hex: String
    var counter: UInt64
    var plaintext_hex: String
    var frame_hex: String
  }

  struct Rejected: Decodable, Sendable {
    var why: String
    var hex: String
  }

  struct Signed: Decodable, Sendable {
    var node_id: UInt32
    var frame_hex: String
  }

  struct Identity: Decodable, Sendable {
    var node_id: UInt32
    var seed_hex: String
  }

  struct Tunnel: Decodable, Sendable {
    var x25519: [Node]
    var aes256gcm_key_hex: String
    var sealed_PILS: [Sealed]
    var auth_key_exchange_PILA: [Signed]
    var key_exchange_PILK_hex: String
    var plain_PILT_hex: String
    var rejected: [Rejected]
  }

  var identities: [Identity]
  var tunnel: Tunnel

  static func load() throws -> TunnelVectors { try VectorFile.decode(TunnelVectors.self) }
}

/// The bytes of hex digits; a typing error fails the test.
func bytes(hex: String) throws -> [UInt8] {
  try #require(Hex.decode(hex))
}
