import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// The two formats of the proof extension.
struct DiscoverProofTests {
  private let challengeBytes: [UInt8] =
    [0x0B, 0x00, 0x00, 0xF2, 0x91, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05]
    + [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF]
  private let challenge = DiscoverChallenge(
    node: .test(0xF291), stamp: ChallengeStamp(rawValue: 0x01_0203_0405),
    token: ChallengeToken(high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF))

  private var proofBytes: [UInt8] {
    [0x0C] + challengeBytes.dropFirst() + Array(0..<64) + [0x23, 0x29, 14] + Array("beacon.example".utf8)
  }

  @Test func challengeIsGolden() throws {
    #expect(challenge.encoded() == challengeBytes)
    #expect(try DiscoverChallenge(parsing: challengeBytes.span.raw) == challenge)
    #expect(challengeBytes.count == DiscoverChallenge.byteCount)
    #expect(
      challenge.signedText(naming: .test)
        == "discover-proof:62097:4328719365:00112233445566778899aabbccddeeff:beacon.example:9001")
  }

  @Test func proofIsGolden() throws {
    let signature = try Signature(bytes: [UInt8](0..<64).span.raw)
    let proof = DiscoverProof(challenge: challenge, signature: signature, beacon: .test)
    #expect(proof.encoded() == proofBytes)
    #expect(try DiscoverProof(parsing: proofBytes.span.raw) == proof)
    #expect(proofBytes.count == DiscoverProof.minimumByteCount + 14)
  }

  @Test func trailingBytesAreIgnored() throws {
    let (longChallenge, longProof) = (challengeBytes + [1], proofBytes + [1])
    #expect(try DiscoverChallenge(parsing: longChallenge.span.raw) == challenge)
    #expect(try DiscoverProof(parsing: longProof.span.raw).challenge == challenge)
  }

  @Test func everyPrefixIsRefused() {
    #expect(throws: WireError.empty) { try DiscoverProof(parsing: [UInt8]().span.raw) }
    for length in 1..<DiscoverChallenge.byteCount {
      let prefix = Array(challengeBytes.prefix(length))
      #expect(throws: WireError.truncated(needed: 29, had: length)) { try DiscoverChallenge(parsing: prefix.span.raw) }
    }
    for length in 1..<proofBytes.count {
      let needed = length < DiscoverProof.minimumByteCount ? DiscoverProof.minimumByteCount : proofBytes.count
      let prefix = Array(proofBytes.prefix(length))
      #expect(throws: WireError.truncated(needed: needed, had: length)) { try DiscoverProof(parsing: prefix.span.raw) }
    }
  }

  @Test func otherTypesAndNodeZeroAreRefused() {
    #expect(throws: WireError.unexpectedType(expected: 0x0B, found: 0x0C)) {
      try DiscoverChallenge(parsing: proofBytes.span.raw)
    }
    #expect(throws: WireError.unexpectedType(expected: 0x0C, found: 0x0B)) {
      try DiscoverProof(parsing: challengeBytes.span.raw)
    }
    let zero = [0x0B, 0, 0, 0, 0] + challengeBytes.dropFirst(5)
    #expect(throws: WireError.nodeIDZero) { try DiscoverChallenge(parsing: zero.span.raw) }
  }

  @Test func tooSmallABufferGetsNothing() {
    var thrown: WireError?
    let written = [UInt8](rawCapacity: 28) { output in
      do throws(WireError) { try challenge.write(into: &output) } catch { thrown = error }
    }
    #expect(thrown == .noRoom(needed: 29, had: 28))
    #expect(written.isEmpty)
  }

  @Test func theStampCarriesTimeAndKind() {
    let now = MonotonicInstant(nanoseconds: 1_000_001)
    for wantsDestination in [false, true] {
      let stamp = ChallengeStamp(at: now, wantsDestination: wantsDestination)
      #expect(stamp.issuedAt == MonotonicInstant(nanoseconds: 1_000_000))
      #expect(stamp.wantsDestination == wantsDestination)
      #expect(ChallengeStamp(rawValue: stamp.rawValue) == stamp)
    }
  }

  @Test func tokensDifferInAnyBit() {
    for bit in 0..<64 {
      #expect(ChallengeToken(high: 1 << bit, low: 0) != ChallengeToken(high: 0, low: 0))
      #expect(ChallengeToken(high: 0, low: 1 << bit) != ChallengeToken(high: 0, low: 0))
    }
    #expect(ChallengeToken(high: 1, low: 2) == ChallengeToken(high: 1, low: 2))
    #expect(ChallengeToken(high: 1, low: 2).hex == "00000000000000010000000000000002")
  }

  @Test func theAnswerIsHardlyLongerThanTheQuestion() throws {
    let question = Discover(node: .test(1), publicKey: try .test(1)).encoded().count
    let reply = DiscoverReply(endpoint: Endpoint(high: 1, low: 1, port: 1)).encoded().count
    #expect(Double(reply + DiscoverChallenge.byteCount) / Double(question) < 1.33)
  }
}
