import PilotTesting
import Testing

@Suite("SeededRandom")
struct SeededRandomTests {
  /// The first numbers of SplitMix64 with seed 1234567, as published with the reference implementation.
  @Test("is SplitMix64")
  func vectors() {
    var random = SeededRandom(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    #expect(expected.indices.map { _ in random.next() } == expected)
  }

  @Test("fractions lie in 0..<1, and chances at the ends are certain")
  func fractions() {
    var random = SeededRandom(seed: 1)
    let fractions = (0..<10_000).map { _ in random.fraction() }
    #expect(fractions.allSatisfy { (0..<1).contains($0) })
    let (never, always) = ((0..<10_000).map { _ in random.chance(0) }, (0..<10_000).map { _ in random.chance(1) })
    #expect(!never.contains(true) && !always.contains(false))
  }

  @Test func `bytes are those of the words, the lowest first, and as many as are asked for`() {
    var (random, words) = (SeededRandom(seed: 7), SeededRandom(seed: 7))
    let (first, second) = (words.next(), words.next())
    let expected = [first, second].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }
    #expect(random.bytes(11) == Array(expected.prefix(11)))
    #expect(random.bytes(0).isEmpty)
  }
}
