import Testing

@testable import PilotBench

@Suite("Waiting for deliveries", .timeLimit(.minutes(1)))
struct DeliveryGateTests {
  @Test("a wait for what is there already is none")
  func past() async {
    let gate = DeliveryGate()
    gate.add(3, at: 17)
    await gate.wait(until: 3)
    #expect(gate.delivered == 3)
    #expect(gate.lastArrivalNanoseconds == 17)
  }

  @Test("every wait ends, however deliveries and waits meet")
  func meetings() async {
    let gate = DeliveryGate()
    let count = 20_000
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          for turn in 0..<(count / 2) {
            gate.add(1, at: 0)
            if turn % 64 == 0 { await Task.yield() }
          }
        }
      }
      var wanted = 1
      while wanted <= count {
        while gate.delivered < wanted { await gate.wait(until: wanted) }
        wanted += 7
      }
    }
    #expect(gate.delivered == count)
  }

  @Test("a wait ends when it is told to, and when the task is cancelled")
  func opening() async throws {
    let gate = DeliveryGate()
    try await gate.whileOpening(every: .milliseconds(1)) { await gate.wait(until: 1) }
    let waiting = Task { await gate.wait(until: 1) }
    waiting.cancel()
    await waiting.value
    #expect(gate.delivered == 0)
  }

  @Test("a count that is as expected isn't waited for, and one that stands still not for long")
  func silence() async {
    let count = FrameCount()
    count.add(5, lastLength: 1)
    _ = await Silence(limit: .seconds(3_600)).end(of: { count.value }, expected: 5)
    _ = await Silence(limit: .milliseconds(10), interval: .milliseconds(1)).end(of: { count.value }, expected: 6)
  }

  @Test("a count is over when it has risen and stands still")
  func span() async throws {
    var looks = 0
    let silence = Silence(limit: .milliseconds(10), interval: .milliseconds(1))
    let span = await silence.span {
      looks += 1
      return min(max(looks, 3), 6)
    }
    let (first, last) = (try #require(span?.first), try #require(span?.last))
    #expect(first <= last)
    #expect(looks > 6)
  }
}
