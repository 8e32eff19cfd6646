import PilotTesting
import PilotWire
import Testing

/// This project's own proof over UDP, byte for byte.
@Suite struct DiscoverProofVectorTests {
  @Test(arguments: Vectors.list(\.discoverProofs))
  func vectorsGoBothWays(_ vector: Vectors.Proof) throws {
    let (asked, proven) = (try bytes(hex: vector.challengeHex), try bytes(hex: vector.proofHex))
    let challenge = try DiscoverChallenge(parsing: asked.span.raw)
    #expect(challenge.node.rawValue == vector.nodeId)
    #expect(challenge.stamp.rawValue == vector.timestamp)
    #expect(challenge.token.hex == vector.token)
    #expect(hex(challenge.encoded()) == vector.challengeHex)

    let proof = try DiscoverProof(parsing: proven.span.raw)
    #expect(proof.challenge == challenge)
    #expect(proof.beacon.description == vector.beacon)
    #expect(challenge.signedText(naming: proof.beacon) == vector.signedText)
    #expect(hex(proof.encoded()) == vector.proofHex)
    #expect(hex(try rewritten(beaconMessage: proven)) == vector.proofHex)
    #expect(try DiscoverProof(parsing: (proven + [0]).span.raw) == proof)
  }

  @Test(arguments: Vectors.list(\.discoverProofs))
  func everyPrefixIsRefused(_ vector: Vectors.Proof) throws {
    let proven = try bytes(hex: vector.proofHex)
    for length in 0..<proven.count {
      #expect(throws: WireError.self) { try DiscoverProof(parsing: Array(proven.prefix(length)).span.raw) }
    }
  }

  /// Whatever is read is what was written, so that the text that is signed is the one that was sent.
  @Test(arguments: Vectors.list(\.discoverProofs))
  func flippedBitsAreReadAsTheyAreOrNotAtAll(_ vector: Vectors.Proof) throws {
    let proven = try bytes(hex: vector.proofHex)
    for bit in 8..<proven.count * 8 {
      var flipped = proven
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let proof = try? DiscoverProof(parsing: flipped.span.raw) else { continue }
      let encoded = proof.encoded()
      #expect(flipped.starts(with: encoded), "bit \(bit)")
      #expect(BeaconName(parsing: proof.beacon.description) == proof.beacon)
    }
  }

  @Test(arguments: Vectors.list(\.discoverProofsRejected))
  func anotherFormOfANameIsNone(_ vector: Vectors.Rejected) throws {
    let frame = try bytes(hex: vector.hex)
    let reason: WireError? =
      switch vector.why {
      case "no name": .truncated(needed: 96, had: 93)
      case "host cut short": .truncated(needed: frame.count + 1, had: frame.count)
      default: .beaconName
      }
    #expect(fault(frame) { (frame) throws(WireError) in _ = try DiscoverProof(parsing: frame) } == reason)
  }

  @Test func noRejectedVectorIsForgotten() {
    #expect(Vectors.list(\.discoverProofsRejected).count == 12)
    #expect(Vectors.list(\.discoverProofs).count == 3)
  }
}
