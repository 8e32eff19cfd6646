import PilotIdentity
import PilotWire
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
    KeyedDiscoverAuthenticator(keys: StaticKeyDirectory([node: identity.publicKey, .test(2): identity.publicKey]))
  }

  private func challenge(by authenticator: KeyedDiscoverAuthenticator) throws -> DiscoverChallenge {
    try #require(authenticator.challenge(node, offering: identity.publicKey, stamp: stamp, to: home))
  }

  private func proof(of challenge: DiscoverChallenge, by identity: Identity) throws -> DiscoverProof {
    DiscoverProof(challenge: challenge, signature: try identity.sign(challenge.signedText))
  }

  @Test func theNodesOwnProofHolds() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    #expect(challenge.node == node)
    #expect(challenge.stamp == stamp)
    #expect(authenticator.verifies(try proof(of: challenge, by: identity), from: home))
  }

  @Test func onlyTheKnownKeyIsChallenged() {
    let authenticator = authenticator()
    #expect(authenticator.challenge(node, offering: Identity().publicKey, stamp: stamp, to: home) == nil)
    #expect(authenticator.challenge(.test(9), offering: identity.publicKey, stamp: stamp, to: home) == nil)
  }

  @Test func aProofHoldsFromNowhereElse() throws {
    let authenticator = authenticator()
    let proof = try proof(of: challenge(by: authenticator), by: identity)
    for elsewhere in [
      Endpoint(high: 0, low: 2, scope: 3, port: 4), Endpoint(high: 1, low: 0, scope: 3, port: 4),
      Endpoint(high: 1, low: 2, scope: 0, port: 4), Endpoint(high: 1, low: 2, scope: 3, port: 5),
    ] {
      #expect(!authenticator.verifies(proof, from: elsewhere))
    }
  }

  @Test func aSignatureOfAnotherKeyOrOfAnotherTextProvesNothing() throws {
    let authenticator = authenticator()
    let challenge = try challenge(by: authenticator)
    #expect(!authenticator.verifies(try proof(of: challenge, by: Identity()), from: home))
    let other = DiscoverProof(challenge: challenge, signature: try identity.sign(challenge.signedText + "0"))
    #expect(!authenticator.verifies(other, from: home))
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
      #expect(!authenticator.verifies(try proof(of: forged, by: identity), from: home))
    }
  }

  @Test func anotherBeaconsChallengeIsNone() throws {
    let foreign = try challenge(by: authenticator())
    #expect(!authenticator().verifies(try proof(of: foreign, by: identity), from: home))
  }
}
