import PilotNodeTesting
import PilotTesting
import Testing

/// A node over a connection, at a listener that gives its frames to the check, which plays the beacon, and the other way
/// round.
@Suite(.timeLimit(.minutes(2)))
struct NodeConformanceTests {
  @Test(arguments: NodeConformance.checks, [false, true])
  func `carries a node`(check: NodeConformance.Check, secure: Bool) async throws {
    let outcome = try await check.run(
      against: NodeFixture(WSSFixture(tls: secure ? TestFiles() : nil), path: .connection))
    // Nobody but the beacon reaches a node over WSS.
    #expect(outcome == .passed || check.name == NodeConformance.Check.believesTheBeaconOnly.name)
  }
}
