import PilotIdentity
import PilotWire
import Testing

/// The vectors of the wire reference that have signatures in them (`vectors/wire.json`).
enum Vectors {
  struct Node: Sendable, CustomTestStringConvertible {
    let id: UInt32
    let seed: String
    let publicKey: String
    let privateKey: String

    var testDescription: String { "node \(id)" }
    var fileText: String { "{\"private_key\":\"\(privateKey)\",\"public_key\":\"\(publicKey)\"}" }
  }

  static let first = Node(
    id: 3_538_602_243,
    seed: "54a9e1ac8957c9f32c3de0002840660b253510ac3477f2cba97708b112ed27fc",
    publicKey: "PUfGTjX2/qQRA+ebR8PWZljxLIY5rNRVl3pXsSKZacA=",
    privateKey: "VKnhrIlXyfMsPeAAKEBmCyU1EKw0d/LLqXcIsRLtJ/w9R8ZONfb+pBED55tHw9ZmWPEshjms1FWXelexIplpwA==")

  static let second = Node(
    id: 744_319_919,
    seed: "13cc46231fa9a3e0dfdb279b91dc147756ab567dbc0e26f1e7f2a62937ad80c2",
    publicKey: "bWr4MfPZNTYwull6u1sFaxjvG7hjjckUkuKvB3Dqr/4=",
    privateKey: "E8xGIx+po+Df2yebkdwUd1arVn28Dibx5/KmKTetgMJtavgx89k1NjC6WXq7WwVrGO8buGONyRSS4q8HcOqv/g==")

  static let nodes = [first, second]

  struct Authentication: Sendable, CustomTestStringConvertible {
    let node: Node
    let nonce: String
    let timestamp: UInt64?
    let signedText: String
    let signature: String

    var testDescription: String { signedText }
  }

  static let authentications = [
    Authentication(
      node: first,
      nonce: "ae983570a576af6c96e9ccc642c370d6bf408c9131990c3f7a8d6713a8269ccc",
      timestamp: 1_760_759_935,
      signedText: "compat_auth:3538602243:1760759935:"
        + "ae983570a576af6c96e9ccc642c370d6bf408c9131990c3f7a8d6713a8269ccc",
      signature: "2tyGmLICi3BPRdWBW9l1O1IaICg6CHY23kWiwO5g0cKrDawh/mhst8eGBBAdmFh8U2Tq3JIDTEV7hdlyWgxWCw=="),
    Authentication(
      node: second,
      nonce: "f4984400d1a06195d769cc8f5395f7e228f8ca0ef9ec47f1464c4124b55869a3",
      timestamp: 1_760_475_008,
      signedText: "compat_auth:744319919:1760475008:"
        + "f4984400d1a06195d769cc8f5395f7e228f8ca0ef9ec47f1464c4124b55869a3",
      signature: "ouZzD+1RJVFZgPqwStNeLba5+oVGvbTUw0eHhFS3OCOiFtAWgeJbHcRUJlzbzyAaW153Uck+jdDf29D2ebRjCA=="),
    Authentication(
      node: first,
      nonce: "68299f4a150f01e1fc02f1066544afc135be8fca6dc472ff9edf8afb1a0759b4",
      timestamp: nil,
      signedText: "compat_auth:3538602243:68299f4a150f01e1fc02f1066544afc135be8fca6dc472ff9edf8afb1a0759b4",
      signature: "CGVd18yiKRziy27QUslepM9xDZhC7g358UyFn4O83+4xQjtdiGT/EqMOZf2XcbZdb1w5RUsJTOkT2zvNdJ78Dg=="),
  ]

  /// `compat_auth_v2`, of the first node: the text, and its signature.
  static let namingBeacon = (
    text: "compat_auth_v2:3538602243:1760759935:"
      + "ae983570a576af6c96e9ccc642c370d6bf408c9131990c3f7a8d6713a8269ccc:beacon.example:443",
    signature: "l0S8fTSgNOI6i3WLXTMUPZrj0MZCaAh8sjOT1li23rC/TUSjk5xSaq/9CHxSqkQE74LdScG05zu+Ls01/zJtAw=="
  )

  /// `discover_proofs`, of the first node.
  static let discoverProof =
    "0cd2eac903000000010203040500112233445566778899aabbccddeeffe38995263d330ba70f50403962484aa9baf28e680fac10f454108a3d"
    + "8ea4d712dd248e32fccd9b7771a8eae4366df7f667ba6d623300a8b57691e1070b57cd0823290e626561636f6e2e6578616d706c65"

  /// `punch-request-with-grant`.
  static let punchRequest =
    "03d2eac9032c5d6baf0000000068efd78f7d0f7b2cab335bbe9287d41a191070b68a3da0e77761e3cefe1dcf8974defe41942f840e89fea121"
    + "0c360b15b195329d587a032cabf9abe61406a00799f5b804"

  /// `auth_key_exchange_PILA` of each node: magic:4 · sender:4 · X25519 key:32 · Ed25519 key:32 · signature:64.
  static let authenticatedKeyExchanges = [
    "50494c41d2eac903ce6d2f5e7eacc5c0e4637eb7a510f34c53ee795511697c4fe1da1b5b314448003d47c64e35f6fea41103e79b47c3d66658"
      + "f12c8639acd455977a57b1229969c01eb2fe87bc6c33a9db8482fbb8c54aab88673fab5af9c91c02a6f48f33fd6b115544054019cfd2312b"
      + "e2bf880441a5169774563d556cbc891369ec335beeee09",
    "50494c412c5d6baf687fc0667d94a662d3d5d89a9de6eb0171d11248a7571ae5b57cd0f77f7ae9676d6af831f3d9353630ba597abb5b056b18"
      + "ef1bb8638dc91492e2af0770eaaffef25b9a87cb5fdc3807ed05514328c7228df1cdd6bc54a9d5e7b12309024c435cfb080310c4fbc647be"
      + "2f6d925f729703f1f94d55188a284186d3a6d2f6d49e09",
  ]

  /// "PILA signed by another key", of the first node.
  static let keyExchangeSignedByAnother =
    "50494c41d2eac903ce6d2f5e7eacc5c0e4637eb7a510f34c53ee795511697c4fe1da1b5b314448006d6af831f3d9353630ba597abb5b056b18"
    + "ef1bb8638dc91492e2af0770eaaffecad6c7c0505ea737caf841a96756356e4c1fa6d1dad0a680c286af9b22255c42458f7fa5e887a853e7a8"
    + "fdecca4f3b0b38cf50c1bc2752abc48fc7934fd2f800"
}

extension Vectors.Node {
  /// The key pair that the seed gives.
  func identity() throws -> Identity {
    let bytes = try hexBytes(seed)
    return try Identity(seed: bytes.span.raw)
  }

  func key() throws -> PublicKey {
    try #require(PublicKey(base64: publicKey))
  }

  func nodeID() throws -> NodeID {
    try #require(NodeID(id))
  }
}

extension Vectors.Authentication {
  func challenge() throws -> AuthChallenge {
    AuthChallenge(nonce: try #require(ChallengeNonce(hex: nonce)), timestamp: timestamp)
  }

  /// The reply with the vector's own signature.
  func reply() throws -> AuthReply {
    AuthReply(
      node: try node.nodeID(), publicKey: try node.key(), signature: try #require(Signature(base64: signature)))
  }
}

func hexBytes(_ text: String) throws -> [UInt8] {
  try #require(Hex.decode(text))
}
