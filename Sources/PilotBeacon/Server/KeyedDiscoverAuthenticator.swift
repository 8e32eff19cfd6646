import Crypto
package import PilotIdentity
package import PilotWire

/// Challenges and checks proofs with the keys of a directory and a secret that lives as long as this value.
///
/// Both are called for datagrams of anybody, and neither remembers anything: the token says for whom, where and when a
/// challenge was made.
package struct KeyedDiscoverAuthenticator: DiscoverAuthenticator {
  private let keys: any KeyDirectory
  private let secret = SymmetricKey(size: .bits256)

  package init(keys: any KeyDirectory) {
    self.keys = keys
  }

  package func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? {
    guard keys.cachedPublicKey(of: node) == key else { return nil }
    return DiscoverChallenge(node: node, stamp: stamp, token: token(node, stamp, endpoint))
  }

  package func verifies(_ proof: DiscoverProof, from endpoint: Endpoint) -> Bool {
    let challenge = proof.challenge
    guard challenge.token == token(challenge.node, challenge.stamp, endpoint),
      let key = keys.cachedPublicKey(of: challenge.node)
    else { return false }
    return key.verifies(proof.signature, of: challenge.signedText)
  }

  /// `HMAC-SHA256(secret, node:4 · stamp:8 · address:16 · scope:4 · port:2)`, its first 16 bytes.
  private func token(_ node: NodeID, _ stamp: ChallengeStamp, _ endpoint: Endpoint) -> ChallengeToken {
    var input: [UInt8] = []
    input.reserveCapacity(34)
    input.append(bigEndian: node.rawValue)
    input.append(bigEndian: stamp.rawValue)
    input.append(bigEndian: endpoint.high)
    input.append(bigEndian: endpoint.low)
    input.append(bigEndian: endpoint.scope)
    input.append(bigEndian: endpoint.port)
    let code = HMAC<SHA256>.authenticationCode(for: input, using: secret)
    var words: [UInt64] = [0, 0]
    for (index, byte) in code.prefix(16).enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    return ChallengeToken(high: words[0], low: words[1])
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
