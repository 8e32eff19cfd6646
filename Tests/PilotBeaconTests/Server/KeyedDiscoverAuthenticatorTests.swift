import PilotIdentity
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// Whose proof is believed: only one with the signature of the node's known key, over a challenge of this beacon, from where
/// that was sent.
struct KeyedDiscoverAuthenticatorTests {
  private let identity = Identity()
  private let node = NodeID.test(1)
  private let stamp = ChallengeStamp(rawValue: 0x0123_4567_89AB_CDEE)
  private let home = Endpoint(high: 1, low: 2, scope: 3, port: 4)

  private func authenticator() -> KeyedDiscoverAuthenticator {
    KeyedDiscoverAuthenticator(
      keys: StaticKeyDirectory([node: identity.publicKey, .test(2): identity.publicKey]), unixTime: { 1_000 },
      isOwnName: { name, _ in name == .test })
  }

  private func challenge(by authenticator: KeyedDiscoverAuthenticator) throws -> DiscoverChallenge {
    try #require(authenticator.challenge(node, offering: identity.publicKey, stamp: stamp, to: home))
  }

  private func proof(of challenge: DiscoverChallenge, by identity: Identity) throws -> DiscoverProof {
    try identity.proof(of: challenge, dialling: .test)
  }

  @Test func theNodesOwnProofHolds() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    #expect(challenge.node == node)
    #expect(challenge.stamp == stamp)
    #expect(authenticator.hasMade(challenge, for: home))
    #expect(authenticator.verifies(try proof(of: challenge, by: identity), by: identity.publicKey))
  }

  @Test func onlyTheKnownKeyIsChallenged() {
    let authenticator = authenticator()
    #expect(authenticator.challenge(node, offering: Identity().publicKey, stamp: stamp, to: home) == nil)
    #expect(authenticator.challenge(.test(9), offering: identity.publicKey, stamp: stamp, to: home) == nil)
  }

  @Test func aTargetsKeyThatIsNotAtHandIsFetchedForTheNextGrant() throws {
    let keys = FetchedKeys([node: identity.publicKey])
    let authenticator = KeyedDiscoverAuthenticator(keys: keys, unixTime: { 1_000 }, isOwnName: { _, _ in true })
    let text = PunchGrant.signedText(requester: .test(9), target: node, expiry: 2_000)
    let grant = PunchGrant(expiry: 2_000, signature: try identity.sign(text))
    let request = PunchRequest(requester: .test(9), target: node, grant: grant)
    #expect(!authenticator.verifiesGrant(of: request))
    #expect(keys.fetched == [node])
    #expect(authenticator.verifiesGrant(of: request))
    #expect(keys.fetched == [node], "what is at hand is not fetched")
  }

  @Test func aProofHoldsFromNowhereElse() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    for elsewhere in [
      Endpoint(high: 0, low: 2, scope: 3, port: 4), Endpoint(high: 1, low: 0, scope: 3, port: 4),
      Endpoint(high: 1, low: 2, scope: 0, port: 4), Endpoint(high: 1, low: 2, scope: 3, port: 5),
    ] {
      #expect(!authenticator.hasMade(challenge, for: elsewhere))
    }
  }

  @Test func aSignatureOfAnotherKeyOrOfAnotherTextProvesNothing() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    #expect(!authenticator.verifies(try proof(of: challenge, by: Identity()), by: identity.publicKey))
    let text = challenge.signedText(naming: .test)
    let other = DiscoverProof(challenge: challenge, signature: try identity.sign(text + "0"), beacon: .test)
    #expect(!authenticator.verifies(other, by: identity.publicKey))
  }

  @Test func aProofNamesItsBeaconInTheSignedTextToo() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    let other = try #require(BeaconName(host: "other.example", port: 9_001))
    let passedOn = try identity.proof(of: challenge, dialling: other)
    #expect(authenticator.check(ProofJob(passedOn, from: home)) == .wrongBeacon)
    let renamed = DiscoverProof(challenge: challenge, signature: passedOn.signature, beacon: .test)
    #expect(authenticator.check(ProofJob(renamed, from: home)) == .passed)
    #expect(!authenticator.verifies(renamed, by: identity.publicKey))
    #expect(authenticator.check(ProofJob(passedOn, from: .test(1))) == .forged)
  }

  @Test func aTokenHoldsForItsNodeAndItsStampOnly() throws {
    let authenticator = authenticator()
    let token = try challenge(by: authenticator).token
    for forged in [
      DiscoverChallenge(node: .test(2), stamp: stamp, token: token),
      DiscoverChallenge(node: node, stamp: ChallengeStamp(rawValue: stamp.rawValue + 2), token: token),
      DiscoverChallenge(node: node, stamp: stamp, token: ChallengeToken(high: token.high ^ 1, low: token.low)),
      DiscoverChallenge(node: node, stamp: stamp, token: ChallengeToken(high: token.high, low: token.low ^ 1)),
    ] {
      #expect(!authenticator.hasMade(forged, for: home))
    }
  }

  @Test func anotherBeaconsChallengeIsNone() throws {
    let foreign = try challenge(by: authenticator())
    #expect(!authenticator().hasMade(foreign, for: home))
  }

  @Test func aGrantHoldsForItsPairUntilItsTimeIsOver() throws {
    let authenticator = authenticator()
    func request(_ requester: UInt32, expiry: UInt64, by identity: Identity, saying said: UInt64? = nil) throws
      -> PunchRequest
    {
      let text = PunchGrant.signedText(requester: .test(9), target: node, expiry: expiry)
      let grant = PunchGrant(expiry: said ?? expiry, signature: try identity.sign(text))
      return PunchRequest(requester: .test(requester), target: node, grant: grant)
    }
    #expect(authenticator.verifiesGrant(of: try request(9, expiry: 1_001, by: identity)))
    #expect(!authenticator.verifiesGrant(of: try request(9, expiry: 1_000, by: identity)))
    #expect(!authenticator.verifiesGrant(of: try request(8, expiry: 1_001, by: identity)))
    #expect(!authenticator.verifiesGrant(of: try request(9, expiry: 1_001, by: Identity())))
    #expect(!authenticator.verifiesGrant(of: try request(9, expiry: 1_001, by: identity, saying: 2_000)))
    #expect(!authenticator.verifiesGrant(of: PunchRequest(requester: .test(9), target: node)))
  }

  @Test func aProbesNonceIsForThatProbeOnly() {
    let authenticator = authenticator()
    let probe = EndpointProbe(node: node, endpoint: home, claimant: .test(1), askedAt: 5)
    let others = [
      EndpointProbe(node: .test(2), endpoint: home, claimant: .test(1), askedAt: 5),
      EndpointProbe(node: node, endpoint: .test(3), claimant: .test(1), askedAt: 5),
      EndpointProbe(node: node, endpoint: home, claimant: .test(2), askedAt: 5),
      EndpointProbe(node: node, endpoint: home, claimant: .test(1), askedAt: 6),
    ]
    #expect(authenticator.nonce(for: probe) == authenticator.nonce(for: probe))
    for other in others { #expect(authenticator.nonce(for: probe) != authenticator.nonce(for: other)) }
    #expect(self.authenticator().nonce(for: probe) != authenticator.nonce(for: probe))
  }
}

/// Has no key at hand until it has been fetched, and remembers what was.
private final class FetchedKeys: KeyDirectory {
  private let keys: [NodeID: PublicKey]
  private let state = Mutex<[NodeID]>([])

  init(_ keys: [NodeID: PublicKey]) { self.keys = keys }

  var fetched: [NodeID] { state.withLock { $0 } }

  func publicKey(of node: NodeID) -> PublicKey? { keys[node] }

  func cachedPublicKey(of node: NodeID) -> PublicKey? { fetched.contains(node) ? keys[node] : nil }

  func prefetch(_ node: NodeID) { state.withLock { $0.append(node) } }
}
