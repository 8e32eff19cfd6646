/// A node's answer to a challenge (wire reference, section 3).
public struct AuthReply: Hashable, Sendable {
  static let type = "auth_reply"

  /// The node that wants to be let in.
  public let node: NodeID
  /// The key it says it has. A beacon verifies against the one it knows for the node, not against this.
  public let publicKey: PublicKey
  /// Ed25519 over ``signedText(node:challenge:)``. Not verified here.
  public let signature: Signature

  /// A reply of these parts.
  public init(node: NodeID, publicKey: PublicKey, signature: Signature) {
    self.node = node
    self.publicKey = publicKey
    self.signature = signature
  }

  /// The ASCII text that a node signs: `compat_auth:<node>:<ts>:<nonce>`, or `compat_auth:<node>:<nonce>` for a challenge
  /// without a time (wire reference, section 3).
  public static func signedText(node: NodeID, challenge: AuthChallenge) -> String {
    let time = challenge.timestamp.map { "\($0):" } ?? ""
    return "compat_auth:\(node.rawValue):\(time)\(challenge.nonce.hex)"
  }

  /// The message as a text: `{"type":"auth_reply","node_id":<N>,"public_key":"<base64>","sig":"<base64>"}`.
  public var json: String {
    "{\"type\":\"\(Self.type)\",\"node_id\":\(node.rawValue),\"public_key\":\"\(publicKey.base64)\","
      + "\"sig\":\"\(signature.base64)\"}"
  }

  init(_ object: FlatJSON) throws(WireError) {
    guard let number = UInt32(exactly: try object.integer("node_id")) else { throw .invalidMember("node_id") }
    guard let node = NodeID(number) else { throw .nodeIDZero }
    guard let publicKey = PublicKey(base64: try object.string("public_key")) else { throw .invalidMember("public_key") }
    guard let signature = Signature(base64: try object.string("sig")) else { throw .invalidMember("sig") }
    self.node = node
    self.publicKey = publicKey
    self.signature = signature
  }
}
