import Testing

@testable import PilotBench

@Suite("Frames at a rate")
struct PacerTests {
  @Test("over any time as many are due as the rate says", arguments: [1, 3, 1_000, 123_457])
  func rate(rate: Int) {
    var pacer = Pacer(rate: rate)
    var sent = pacer.due(after: 0)
    #expect(sent == 1)
    var steps = 0
    while pacer.next < 3_000_000_000 {
      let due = pacer.due(after: pacer.next)
      #expect(due >= 1)
      sent += due
      steps += 1
    }
    #expect(abs(sent - 3 * rate) <= 1)
    #expect(steps <= sent)
  }

  @Test("nothing is due before its time")
  func early() {
    var pacer = Pacer(rate: 1_000)
    #expect(pacer.due(after: 0) == 1)
    #expect(pacer.next == 1_000_000)
    #expect(pacer.due(after: 999_999) == 0)
    #expect(pacer.due(after: 1_000_000) == 1)
  }

  @Test("a sender that was held up doesn't make up for it with a burst")
  func heldUp() {
    var pacer = Pacer(rate: 1_000)
    #expect(pacer.due(after: 5_000_000_000) == 100)
    #expect(pacer.due(after: 5_000_000_000) == 0)
    #expect(pacer.due(after: 5_001_000_000) == 1)
  }
}
