import PilotBeacon
import PilotTesting
import PilotWire

/// The authenticator's rules without the cryptography: what a real one computes with HMAC and Ed25519, this one does with
/// sums that a test can forge only by knowing them.
struct FakeAuthenticator: DiscoverAuthenticator {
  var keys: [NodeID: PublicKey]
  var secret: UInt64 = 0x5EC2_E7

  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? {
    guard keys[node] == key else { return nil }
    return DiscoverChallenge(node: node, stamp: stamp, token: token(node, stamp, endpoint))
  }

  func verifies(_ proof: DiscoverProof, from endpoint: Endpoint) -> Bool {
    let challenge = proof.challenge
    guard challenge.token == token(challenge.node, challenge.stamp, endpoint), let key = keys[challenge.node] else {
      return false
    }
    return proof.signature == Self.signature(of: challenge, by: key)
  }

  /// What the owner of `key` would sign.
  static func signature(of challenge: DiscoverChallenge, by key: PublicKey) -> Signature {
    var bytes = key.bytes + key.bytes
    for (index, byte) in challenge.signedText.utf8.enumerated() { bytes[index % 64] &+= byte }
    guard let signature = try? Signature(bytes: bytes.span.raw) else { preconditionFailure("64 bytes") }
    return signature
  }

  private func token(_ node: NodeID, _ stamp: ChallengeStamp, _ endpoint: Endpoint) -> ChallengeToken {
    var generator = SeededRandom(
      seed: secret ^ UInt64(node.rawValue) << 20 ^ stamp.rawValue ^ endpoint.low << 8 ^ UInt64(endpoint.port))
    return ChallengeToken(high: generator.next(), low: generator.next())
  }
}
