/// A node's answer to a challenge (wire reference, section 3).
public struct AuthReply: Hashable, Sendable {
  static let type = "auth_reply"

  /// The node that wants to be let in.
  public let node: NodeID
  /// The key it says it has. A beacon verifies against the one it knows for the node, not against this.
  public let publicKey: PublicKey
  /// Ed25519 over ``signedText(node:challenge:beacon:)``. Not verified here.
  public let signature: Signature
  /// What the node has dialled the beacon as; nil in `pilot.v1`, whose replies don't say.
  public let beacon: BeaconName?

  /// A reply of these parts.
  public init(node: NodeID, publicKey: PublicKey, signature: Signature, beacon: BeaconName? = nil) {
    self.node = node
    self.publicKey = publicKey
    self.signature = signature
    self.beacon = beacon
  }

  /// The ASCII text that a node signs (wire reference, section 3).
  ///
  /// In `pilot.v2` it is `compat_auth_v2:<node>:<ts>:<nonce>:<host>:<port>`. In `pilot.v1`, where no beacon is named,
  /// `compat_auth:<node>:<ts>:<nonce>`, or `compat_auth:<node>:<nonce>` for a challenge without a time.
  public static func signedText(node: NodeID, challenge: AuthChallenge, beacon: BeaconName? = nil) -> String {
    let time = challenge.timestamp.map { "\($0):" } ?? ""
    let body = "\(node.rawValue):\(time)\(challenge.nonce.hex)"
    return beacon.map { "compat_auth_v2:\(body):\($0)" } ?? "compat_auth:\(body)"
  }

  /// The message as a text: `{"type":"auth_reply","node_id":<N>,"public_key":"<base64>","sig":"<base64>"}`, in `pilot.v2`
  /// with the member `"beacon":"<host>:<port>"` at the end.
  public var json: String {
    let name = beacon.map { ",\"beacon\":\"\($0)\"" } ?? ""
    return "{\"type\":\"\(Self.type)\",\"node_id\":\(node.rawValue),\"public_key\":\"\(publicKey.base64)\","
      + "\"sig\":\"\(signature.base64)\"\(name)}"
  }

  init(_ object: FlatJSON) throws(WireError) {
    guard let number = UInt32(exactly: try object.integer("node_id")) else { throw .invalidMember("node_id") }
    guard let node = NodeID(number) else { throw .nodeIDZero }
    guard let publicKey = PublicKey(base64: try object.string("public_key")) else { throw .invalidMember("public_key") }
    guard let signature = Signature(base64: try object.string("sig")) else { throw .invalidMember("sig") }
    self.node = node
    self.publicKey = publicKey
    self.signature = signature
    beacon = try object["beacon"].map { value throws(WireError) in
      guard case .string(let text) = value, let name = BeaconName(parsing: text) else { throw .invalidMember("beacon") }
      return name
    }
  }
}
