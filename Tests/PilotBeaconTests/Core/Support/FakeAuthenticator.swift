import PilotBeacon
import PilotTesting
import PilotTransport
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

  func knownKey(of node: NodeID) -> PublicKey? { keys[node] }

  func fetchKey(of node: NodeID) {}

  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool {
    challenge.token == token(challenge.node, challenge.stamp, endpoint)
  }

  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool {
    proof.signature == Self.signature(of: proof.challenge, for: proof.beacon, by: key)
  }

  func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool { name == .test }

  /// Grants never run out here, and are signed as challenges are.
  func verifiesGrant(of request: PunchRequest) -> Bool {
    guard let grant = request.grant, let key = keys[request.target] else { return false }
    let text = PunchGrant.signedText(requester: request.requester, target: request.target, expiry: grant.expiry)
    return grant.signature == Self.signature(of: text, by: key)
  }

  func nonce(for probe: EndpointProbe) -> ChallengeToken {
    token(probe.node, ChallengeStamp(rawValue: probe.askedAt ^ probe.claimant.low << 16), probe.endpoint)
  }

  /// Whether a proof would be believed: what a driver finds out in two steps.
  func accepts(_ proof: DiscoverProof, from endpoint: Endpoint) -> Bool {
    guard check(ProofJob(proof, from: endpoint)) == .passed, let key = keys[proof.challenge.node] else { return false }
    return verifies(proof, by: key)
  }

  /// What the owner of `key` would send that has dialled this beacon, or another one.
  static func proof(
    of challenge: DiscoverChallenge, to beacon: BeaconName = .test, by key: PublicKey
  ) -> DiscoverProof {
    DiscoverProof(
      challenge: challenge, signature: signature(of: challenge, for: beacon, by: key), beacon: beacon)
  }

  private static func signature(
    of challenge: DiscoverChallenge, for beacon: BeaconName, by key: PublicKey
  ) -> Signature {
    signature(of: challenge.signedText(naming: beacon), by: key)
  }

  static func signature(of text: String, by key: PublicKey) -> Signature {
    var bytes = key.bytes + key.bytes
    for (index, byte) in text.utf8.enumerated() { bytes[index % 64] &+= byte }
    guard let signature = try? Signature(bytes: bytes.span.raw) else { preconditionFailure("64 bytes") }
    return signature
  }

  private func token(_ node: NodeID, _ stamp: ChallengeStamp, _ endpoint: Endpoint) -> ChallengeToken {
    var generator = SeededRandom(
      seed: secret ^ UInt64(node.rawValue) << 20 ^ stamp.rawValue ^ endpoint.low << 8 ^ UInt64(endpoint.port))
    return ChallengeToken(high: generator.next(), low: generator.next())
  }
}
