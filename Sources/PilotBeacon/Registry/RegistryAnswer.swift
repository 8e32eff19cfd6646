package import PilotIdentity
package import PilotWire

/// What a registry answers to a lookup (wire reference, section 7).
package struct RegistryAnswer: Equatable {
  private enum Content: Equatable {
    case lookup(node: UInt64?, key: String?)
    case error(String)
    case other
  }

  private let content: Content

  /// The request: `length:4 · {"type":"lookup","node_id":N}`.
  static func request(for node: NodeID) -> [UInt8] {
    RegistryLookup.framed(#"{"type":"lookup","node_id":\#(node.rawValue)}"#)
  }

  /// Reads the JSON of an answer.
  package init(json: [UInt8]) throws(KeyDirectoryError) {
    do throws(WireError) {
      let members = try FlatJSON(parsing: json.span.raw, maximumLength: RegistryLookup.maximumLength)
      content = try Self.content(members)
    } catch {
      throw KeyDirectoryError(code: .invalidAnswer, message: "the registry's answer is not understood", cause: error)
    }
  }

  private static func content(_ members: FlatJSON) throws(WireError) -> Content {
    let type = members["type"]
    if members["error"] != nil, type == nil || type == .string("error") { return .error(try members.string("error")) }
    guard type == .string("lookup_ok"), members["error"] == nil else { return .other }
    let key = members["public_key"] == nil ? nil : try members.string("public_key")
    return .lookup(node: try members.integerIfPresent("node_id"), key: key)
  }

  /// The key that it gives; nil when it says that there is no such node, and only then.
  ///
  /// - Throws: `.unavailable` for any other error of the registry's, `.invalidAnswer` for an answer to something else, and for
  ///   one without a key.
  package func key(of node: NodeID) throws(KeyDirectoryError) -> PublicKey? {
    switch content {
    case .error(let text) where Self.isNotFound(text, node):
      return nil
    case .error(let text):
      throw KeyDirectoryError(
        code: .unavailable, message: "the registry could not answer: \(Self.excerpt(of: text)); try again later")
    case .lookup(let answered, let text) where answered == nil || answered == UInt64(node.rawValue):
      guard let key = text.flatMap({ PublicKey(base64: $0) }) else {
        throw KeyDirectoryError(
          code: .invalidAnswer, message: "the registry's key of node \(node) is not 32 bytes in Base64")
      }
      return key
    case .lookup, .other:
      throw KeyDirectoryError(code: .invalidAnswer, message: "the registry answered something else than was asked")
    }
  }

  /// Whether a text says that there is no such node: it ends so, and names no other one.
  private static func isNotFound(_ text: String, _ node: NodeID) -> Bool {
    let names = text.hasPrefix("node ") && text != "node not found"
    return text.hasSuffix("node not found") && (!names || text.hasPrefix("node \(node): "))
  }

  /// The start of a text, fit for one line of a log.
  static func excerpt(of text: String) -> String {
    "\"\(text.escapedExcerpt(80))\""
  }
}
