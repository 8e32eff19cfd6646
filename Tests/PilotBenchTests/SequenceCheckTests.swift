import PilotTesting
import Testing

@testable import PilotBench

@Suite("Checking the numbers of frames")
struct SequenceCheckTests {
  @Test("each number counts once, in any order")
  func once() {
    var check = SequenceCheck()
    for number: UInt64 in [0, 1, 5, 3, 5, 2, 0, 4, 1] { check.take(number) }
    #expect(check.fresh == 6)
    #expect(check.repeated == 3)
    #expect(check.end == 6)
  }

  @Test(
    "numbers are told apart after many others, and after a gap", arguments: [1, 65_535, 65_536, 200_000] as [UInt64])
  func gaps(gap: UInt64) {
    var check = SequenceCheck()
    check.take(7)
    check.take(7 + gap)
    #expect(check.fresh == 2)
    #expect(check.repeated == 0)
    check.take(7 + gap)
    #expect(check.repeated == 1)
  }

  @Test("a set would count the same, as long as numbers come late by less than is remembered", arguments: 1...20)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var check = SequenceCheck()
    var seen: Set<UInt64> = []
    var repeated = 0
    var base: UInt64 = 0
    for _ in 0..<5_000 {
      base += UInt64.random(in: 0...40, using: &random)
      let number = base + UInt64.random(in: 0...1_000, using: &random)
      check.take(number)
      if !seen.insert(number).inserted { repeated += 1 }
    }
    #expect(check.fresh == seen.count, "seed \(seed)")
    #expect(check.repeated == repeated, "seed \(seed)")
    #expect(check.end == (seen.max() ?? 0) + 1)
  }
}
