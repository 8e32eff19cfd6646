import FoundationEssentials
package import PilotIdentity
package import PilotWire

/// What a registry answers to a lookup (wire reference, section 7).
package struct RegistryAnswer: Decodable, Equatable {
  var type: String?
  var error: String?
  var node: UInt32?
  var publicKey: String?

  private enum CodingKeys: String, CodingKey {
    case type, error
    case node = "node_id"
    case publicKey = "public_key"
  }

  /// The request: `length:4 · {"type":"lookup","node_id":N}`.
  static func request(for node: NodeID) -> [UInt8] {
    let json = Array(#"{"type":"lookup","node_id":\#(node.rawValue)}"#.utf8)
    return [UInt8](rawCapacity: 4 + json.count) { output in
      output.append(bigEndian: UInt32(json.count))
      output.append(contentsOf: json.span.raw)
    }
  }

  /// Reads the JSON of an answer.
  package init(json: [UInt8]) throws(KeyDirectoryError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json))
    } catch {
      throw KeyDirectoryError(code: .invalidAnswer, message: "the registry's answer is not understood", cause: error)
    }
  }

  /// The key that it gives; nil when it says that there is none.
  ///
  /// - Throws: `.invalidAnswer` for an answer to something else, and for a key that is none.
  package func key(of node: NodeID) throws(KeyDirectoryError) -> PublicKey? {
    if error != nil { return nil }
    guard type == "lookup_ok", self.node == nil || self.node == node.rawValue else {
      throw KeyDirectoryError(code: .invalidAnswer, message: "the registry answered something else than was asked")
    }
    guard let text = publicKey, !text.isEmpty else { return nil }
    guard let key = PublicKey(base64: text) else {
      throw KeyDirectoryError(
        code: .invalidAnswer, message: "the registry's key of node \(node) is not 32 bytes in Base64")
    }
    return key
  }
}
