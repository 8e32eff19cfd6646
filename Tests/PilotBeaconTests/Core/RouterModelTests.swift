import PilotTesting
import Testing

@testable import PilotBeacon

/// Random events on a few nodes at a few places, against the plainest model of the rules.
struct RouterModelTests {
  /// Seeds that once failed are kept here.
  private static let seeds: [UInt64] = Array(1...30) + (0..<10).map { _ in UInt64.random(in: 1_000...UInt64.max) }

  @Test(arguments: seeds, [true, false])
  func agreesWithTheModel(seed: UInt64, asks: Bool) async throws {
    let found = try await Counterexample.search(seed: seed, events: 1_500, draw: RouterEvent.draw) { events in
      var run = try RouterModelRun(seed: seed, asks: asks)
      for (step, event) in events.enumerated() {
        if let difference = try run.perform(event) { return .init(after: step, difference) }
      }
      return nil
    }
    if let found { Issue.record("\(found)") }
  }
}
