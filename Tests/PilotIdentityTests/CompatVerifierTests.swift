import PilotIdentity
import PilotWire
import Testing

@Suite("Compat verifier")
struct CompatVerifierTests {
  private let verifier = CompatVerifier()

  @Test("the replies of the vectors are accepted at their time", arguments: Vectors.authentications)
  func vectors(vector: Vectors.Authentication) throws {
    let verdict = try verifier.verdict(
      on: vector.reply(), to: vector.challenge(), knownKey: vector.node.key(), now: vector.timestamp ?? 0)
    #expect(verdict == .accepted)
  }

  @Test("a node without a known key is unknown, however well it signs")
  func unknownNode() throws {
    let vector = Vectors.authentications[0]
    let verdict = try verifier.verdict(
      on: vector.reply(), to: vector.challenge(), knownKey: nil, now: vector.timestamp ?? 0)
    #expect(verdict == .unknownNode)
  }

  @Test("a reply that brings its own key and signs with it is refused")
  func wrongKey() throws {
    let vector = Vectors.authentications[0]
    let challenge = try vector.challenge()
    let reply = try Vectors.second.identity().reply(to: challenge, as: vector.node.nodeID())
    let verdict = try verifier.verdict(
      on: reply, to: challenge, knownKey: vector.node.key(), now: vector.timestamp ?? 0)
    #expect(verdict == .wrongKey)
  }

  @Test("the key in the reply doesn't count if the known one signed")
  func foreignKeyInReply() throws {
    let vector = Vectors.authentications[0]
    let reply = try AuthReply(
      node: vector.node.nodeID(), publicKey: Vectors.second.key(), signature: vector.reply().signature)
    let verdict = try verifier.verdict(
      on: reply, to: vector.challenge(), knownKey: vector.node.key(), now: vector.timestamp ?? 0)
    #expect(verdict == .accepted)
  }

  @Test("a reply to another challenge of the same second is a bad signature: replay")
  func replay() throws {
    let vector = Vectors.authentications[0]
    let nonce = try #require(ChallengeNonce(hex: Vectors.authentications[1].nonce))
    let challenge = AuthChallenge(nonce: nonce, timestamp: vector.timestamp)
    let verdict = try verifier.verdict(
      on: vector.reply(), to: challenge, knownKey: vector.node.key(), now: vector.timestamp ?? 0)
    #expect(verdict == .badSignature)
  }

  @Test("a reply in the name of another node with the same key is a bad signature")
  func otherNode() throws {
    let vector = Vectors.authentications[0]
    let reply = try AuthReply(
      node: Vectors.second.nodeID(), publicKey: vector.node.key(), signature: vector.reply().signature)
    let verdict = try verifier.verdict(
      on: reply, to: vector.challenge(), knownKey: vector.node.key(), now: vector.timestamp ?? 0)
    #expect(verdict == .badSignature)
  }

  @Test("a reply is good for 30 s in either direction, and expired a second later")
  func expiry() throws {
    let vector = Vectors.authentications[0]
    let sent = try #require(vector.timestamp)
    let times: [(UInt64, CompatVerdict)] = [
      (sent + 30, .accepted), (sent + 31, .expired), (sent - 30, .accepted), (sent - 31, .expired), (0, .expired),
      (.max, .expired),
    ]
    for (now, expected) in times {
      let verdict = try verifier.verdict(
        on: vector.reply(), to: vector.challenge(), knownKey: vector.node.key(), now: now)
      #expect(verdict == expected, "at \(now)")
    }
  }

  @Test("a challenge without a time never expires")
  func noTimestamp() throws {
    let vector = Vectors.authentications[2]
    let verdict = try verifier.verdict(
      on: vector.reply(), to: vector.challenge(), knownKey: vector.node.key(), now: .max)
    #expect(verdict == .accepted)
  }
}
