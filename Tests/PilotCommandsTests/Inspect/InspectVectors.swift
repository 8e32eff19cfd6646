import PilotConsole
import PilotTesting

/// The test vectors of the wire reference, as far as they can be inspected: read from the copy that PilotWire's tests
/// have.
struct InspectVectors: Decodable, Sendable {
  /// What a vector says about its frame: numbers, texts and lists of numbers.
  enum Field: Decodable, Hashable, Sendable {
    case number(UInt64)
    case text(String)
    case numbers([UInt64])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(UInt64.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .numbers(try container.decode([UInt64].self))
      }
    }
  }

  struct Message: Decodable, Sendable {
    var name: String
    var hex: String
    var fields: [String: Field]
  }

  struct Rejected: Decodable, Sendable {
    var why: String
    var hex: String
  }

  struct Packet: Decodable, Sendable {
    var name: String
    var flags: UInt8
    var `protocol`: UInt8
    var src: String
    var dst: String
    var src_port: UInt16
    var dst_port: UInt16
    var seq: UInt32
    var ack: UInt32
    var window: UInt16
    var payload_hex: String
    var packet_hex: String
  }

  struct Sealed: Decodable, Sendable {
    var sender: UInt32
    var nonce_prefix_hex: String
    var counter: UInt64
    var frame_hex: String
  }

  struct SignedExchange: Decodable, Sendable {
    var node_id: UInt32
    var frame_hex: String
  }

  struct Tunnel: Decodable, Sendable {
    var sealed_PILS: [Sealed]
    var key_exchange_PILK_hex: String
    var auth_key_exchange_PILA: [SignedExchange]
    var punch_PILP_hex: String
    var plain_PILT_hex: String
  }

  var beacon_messages: [Message]
  var beacon_messages_rejected: [Rejected]
  var packets: [Packet]
  var packets_rejected: [Rejected]
  var tunnel: Tunnel

  static func load() throws -> InspectVectors { try VectorFile.decode(InspectVectors.self) }
}
