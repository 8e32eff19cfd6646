import PilotTesting
import PilotTransport
import Testing

@Suite("Which of a sender's counters have been seen")
struct ReplayWindowTests {
  /// Everything that came, without a bound.
  private struct Model {
    var seen: Set<UInt64> = []
    var newest: UInt64 = 0

    func admits(_ counter: UInt64) -> Bool {
      counter > 0 && !seen.contains(counter) && (counter > newest || newest - counter < 256)
    }

    mutating func record(_ counter: UInt64) {
      seen.insert(counter)
      newest = max(newest, counter)
    }
  }

  @Test("A window does what a list of all counters does, 256 wide", arguments: 1...8 as ClosedRange<UInt64>)
  func window(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var window = ReplayWindow()
    var model = Model()
    for _ in 0..<4_000 {
      let spread = [2, 70, 300, 1_000].randomElement(using: &random) ?? 2
      let near = Int64(clamping: window.newest) + Int64.random(in: -300...Int64(spread), using: &random)
      let counter = UInt64(max(0, near))
      #expect(
        window.admits(counter) == model.admits(counter), "seed \(seed), counter \(counter) after \(window.newest)")
      guard window.admits(counter), model.admits(counter) else { continue }
      window.record(counter)
      model.record(counter)
      #expect(!window.admits(counter))
    }
  }

  @Test("A window's edge: 255 behind the newest one is taken, 256 isn't")
  func edge() {
    var window = ReplayWindow()
    window.record(1_000)
    #expect(window.admits(745))
    #expect(!window.admits(744))
    window.record(745)
    #expect(!window.admits(745))
    #expect(!window.admits(0))
  }

  @Test("Counters may jump to the end, and nothing overflows")
  func jumps() {
    var window = ReplayWindow()
    window.record(1)
    window.record(.max)
    #expect(!window.admits(.max))
    #expect(!window.admits(1))
    #expect(window.admits(.max - 255))
  }
}
