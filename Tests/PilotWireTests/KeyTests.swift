import PilotWire
import Testing

@Suite struct KeyTests {
  @Test(arguments: Vectors.list(\.identities))
  func publicKeyGoesBothWays(_ vector: Vectors.Identity) throws {
    let key = try #require(PublicKey(base64: vector.publicKey))
    #expect(key.base64 == vector.publicKey)
    #expect(key.description == vector.publicKey)
    #expect(try PublicKey(bytes: key.bytes.span.raw) == key)
    #expect(key.withBytes { $0.copied() } == key.bytes)
  }

  @Test func onlyTheExactLengthIsAccepted() {
    for count in [0, 31, 33, 63, 65] {
      let bytes = [UInt8](repeating: 1, count: count)
      let found = fault(bytes) { (bytes) throws(WireError) in _ = try PublicKey(bytes: bytes) }
      #expect(found == .wrongLength(expected: 32, had: count))
      #expect(PublicKey(base64: Base64.encode(bytes.span.raw)) == nil)
      let signature = fault(bytes) { (bytes) throws(WireError) in _ = try Signature(bytes: bytes) }
      #expect(signature == .wrongLength(expected: 64, had: count))
    }
  }

  @Test func everyByteCountsForEqualityAndHash() throws {
    let zero = [UInt8](repeating: 0, count: 64)
    let base = try Signature(bytes: zero.span.raw)
    for index in 0..<64 {
      var other = zero
      other[index] = 1
      let signature = try Signature(bytes: other.span.raw)
      #expect(signature != base)
      #expect(signature.hashValue != base.hashValue)
    }
  }

  @Test func holdNothingOnTheHeap() {
    #expect(MemoryLayout<PublicKey>.size == 32)
    #expect(MemoryLayout<KeyAgreementKey>.size == 32)
    #expect(MemoryLayout<ChallengeNonce>.size == 32)
    #expect(MemoryLayout<Signature>.size == 64)
  }

  @Test func nonceIsLowerCaseHexOnly() throws {
    let text = String(repeating: "ab", count: 32)
    #expect(try #require(ChallengeNonce(hex: text)).hex == text)
    #expect(ChallengeNonce(hex: text.uppercased()) == nil)
    #expect(ChallengeNonce(hex: text.dropLast()) == nil)
    #expect(ChallengeNonce(hex: text + "ab") == nil)
    #expect(ChallengeNonce(hex: text.dropLast() + "g") == nil)
  }

  @Test func aNonceIsAllThatItsGeneratorGives() throws {
    var generator = CountingGenerator()
    let hex = ChallengeNonce.random(using: &generator).hex
    let words = stride(from: 0, to: 64, by: 16).map { hex.dropFirst($0).prefix(16) }
    #expect(Set(words).count == 4)
    #expect(generator.count == 4)
  }
}

private struct CountingGenerator: RandomNumberGenerator {
  private(set) var count: UInt64 = 0

  mutating func next() -> UInt64 {
    count += 1
    return count
  }
}
