import PilotTesting
import Testing

@Suite("A counterexample")
struct CounterexampleTests {
  private static func search(
    _ count: Int = 1_000, _ play: ([Int]) -> Counterexample<Int>.Difference?
  ) async -> Counterexample<Int>? {
    await Counterexample.search(seed: 3, events: count, draw: { Int.random(in: 0..<100, using: &$0) }, play: play)
  }

  @Test("is none where nothing differs")
  func none() async {
    #expect(await Self.search { _ in nil } == nil)
  }

  @Test("keeps the events that it takes, in their order, and names the seed")
  func shortens() async throws {
    // A 7, and later a 9 and another 9.
    let found = try #require(
      await Self.search { events in
        guard let seven = events.firstIndex(of: 7) else { return nil }
        let nines = events.indices.filter { $0 > seven && events[$0] == 9 }
        return nines.count > 1 ? .init(after: nines[1], "two nines") : nil
      })
    #expect(found.events == [7, 9, 9])
    #expect(found.description == "seed 3: two nines, after\n  1. 7\n  2. 9\n  3. 9")
  }

  @Test("ends with the event that shows it")
  func prefix() async throws {
    let found = try #require(
      await Self.search { events in events.indices.last.map { _ in .init(after: 0, "always") } })
    #expect(found.events.count == 1)
  }

  @Test("plays the same events for the same seed")
  func seeded() async {
    var played: [[Int]] = []
    for _ in 0..<2 {
      _ = await Self.search(50) { events in
        played.append(events)
        return nil
      }
    }
    #expect(played.count == 2 && played[0] == played[1] && played[0].count == 50)
  }
}
