import PilotNodeTesting
import PilotTesting
import Testing

/// The checks of nodes find what is wrong with a transport.
@Suite("Conformance of nodes over broken transports", .timeLimit(.minutes(2)))
struct BrokenLinksTests {
  private static let expectations: [(CarrierFault, NodeConformance.Check, String)] = [
    (.shortens, .keepsPayloads, "as message 1 of 1, and got a message of 1199 bytes"),
    (.losesEmptyMessages, .keepsPayloads, "still waiting for message 1 of 1"),
    (.repeats, .keepsOrder, "as message 2 of 64"),
    (.readdresses, .leavesOthersMessages, "and got a message of 1 bytes from node 8"),
    (.readdresses, .tellsTheSameInBothForms, "and got [a message of 0 bytes from node 8, a message of 1 bytes"),
    (.addsFrames, .tellsReadyFirst, "and got [a frame of the beacon's (type 10"),
    (.disguisesStrangers, .believesTheBeaconOnly, "expected a frame of a stranger's that is direct, and got the state"),
    (.takesLess, .sendsPayloads, "its longest payload has to be 9 bytes shorter than a frame of 65507"),
    (.countsNothing, .countsWhatPasses, "still waiting for the node's counters to add up"),
    (.ignoresClose, .endsWithClosed, "sending when the node has left has to throw .closed, and threw nothing"),
    (.ignoresClose, .closesWithItsTransport, "still waiting for the node's reader to end"),
    (.reversesBatches, .keepsOrderOfBothForms, "as message 2 of 64 at the beacon"),
  ]

  @Test("find each fault with the check that is meant for it", arguments: expectations)
  fileprivate func finds(_ fault: CarrierFault, _ check: NodeConformance.Check, _ message: String) async throws {
    let links = BrokenLinks(fault)
    // A limit that a busy machine makes too short for the check to get to where it hangs is tried again, longer.
    var failure: ConformanceFailure?
    for limit in [1, 4, 16] where failure?.message.contains(message) != true {
      failure = await #expect(throws: ConformanceFailure.self) {
        try await check.run(
          against: NodeFixture(links, path: .datagrams, makeStranger: links.stranger), within: .seconds(limit))
      }
    }
    #expect(failure?.check == check.name)
    #expect(failure?.subject == "a node")
    #expect(failure?.message.contains(message) == true, "it said: \(failure?.message ?? "nothing")")
  }

  @Test("show every fault")
  func completeness() { #expect(Set(Self.expectations.map(\.0)) == Set(CarrierFault.allCases)) }
}
