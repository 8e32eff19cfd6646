import PilotWire
import Synchronization
import Testing

@testable import PilotIdentity

@Suite("Handshake verifier")
struct HandshakeVerifierTests {
  private let verifier = HandshakeVerifier()

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
    let times: [(UInt64, HandshakeVerdict)] = [
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

  @Test("a reply that names its beacon is accepted by that beacon alone, and none that names no one is")
  func namedBeacon() throws {
    let vector = Vectors.authentications[0]
    let (challenge, key, time) = (try vector.challenge(), try vector.node.key(), try #require(vector.timestamp))
    let own = try #require(BeaconName(host: "beacon.example", port: 443))
    let other = try #require(BeaconName(host: "other.example", port: 443))
    let identity = try vector.node.identity()
    func verdict(on reply: AuthReply, _ naming: HandshakeVerifier.NamingRule) -> HandshakeVerdict {
      verifier.verdict(on: reply, to: challenge, naming: naming, knownKey: key, now: time)
    }
    let one = HandshakeVerifier.NamingRule.one { $0 == own }
    let named = try identity.reply(to: challenge, as: vector.node.nodeID(), dialling: own)
    #expect(verdict(on: named, one) == .accepted)
    let passedOn = try identity.reply(to: challenge, as: vector.node.nodeID(), dialling: other)
    #expect(verdict(on: passedOn, one) == .wrongBeacon)
    let renamed = AuthReply(node: named.node, publicKey: key, signature: passedOn.signature, beacon: own)
    #expect(verdict(on: renamed, one) == .badSignature)
    #expect(try verdict(on: vector.reply(), one) == .wrongBeacon)
    // Nor does a signature with a name pass for one without.
    #expect(verdict(on: named, .none) == .badSignature)
    #expect(try verdict(on: vector.reply(), .none) == .accepted)
  }

  @Test("every verdict costs one check of a signature by a key on the curve, so that none tells which nodes are known")
  func sameWork() throws {
    let vector = Vectors.authentications[0]
    let (challenge, time) = (try vector.challenge(), try #require(vector.timestamp))
    let forged = try AuthReply(
      node: vector.node.nodeID(), publicKey: vector.node.key(), signature: Vectors.authentications[1].reply().signature)
    let foreign = try Vectors.second.identity().reply(to: challenge, as: vector.node.nodeID())
    let known = try vector.node.key()
    let decoy = try #require(HandshakeVerifier.decoy)
    let rows: [(AuthReply, PublicKey?, UInt64, HandshakeVerdict)] = [
      (try vector.reply(), known, time, .accepted), (forged, known, time, .badSignature),
      (foreign, known, time, .wrongKey), (try vector.reply(), known, time + 31, .expired),
      (try vector.reply(), nil, time, .unknownNode), (forged, nil, time, .unknownNode),
      (foreign, nil, time + 31, .unknownNode),
    ]
    let naming = HandshakeVerifier.NamingRule.one { _ in false }
    let other = try #require(BeaconName(host: "other.example", port: 443))
    let misdirected = try vector.node.identity().reply(to: challenge, as: vector.node.nodeID(), dialling: other)
    let named: [(AuthReply, PublicKey?, UInt64, HandshakeVerdict)] = [
      (misdirected, known, time, .wrongBeacon), (misdirected, nil, time, .unknownNode),
    ]
    for (index, (reply, key, now, expected)) in (rows + named).enumerated() {
      let checks = CheckedKeys()
      var verifier = HandshakeVerifier()
      let real = verifier.check
      verifier.check = { key, signature, text in
        checks.keys.withLock { $0.append(key) }
        return real(key, signature, text)
      }
      let rule = index < rows.count ? .none : naming
      #expect(verifier.verdict(on: reply, to: challenge, naming: rule, knownKey: key, now: now) == expected)
      #expect(checks.keys.withLock { $0 } == [key ?? decoy])
    }
  }

  @Test("the key that stands in for an unknown one verifies signatures as any other does")
  func decoy() throws {
    // RFC 8032, section 7.1, test 1: the signature of the empty message.
    let bytes = try hexBytes(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
    let signature = try Signature(bytes: bytes.span.raw)
    #expect(try #require(HandshakeVerifier.decoy).verifies(signature, of: ""))
  }
}

private final class CheckedKeys: Sendable {
  let keys = Mutex<[PublicKey]>([])
}
