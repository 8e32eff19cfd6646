import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("The budget of key exchanges")
struct ExchangeBudgetTests {
  private static func direct(_ number: UInt32) throws -> (TunnelRoute, NodeID) {
    let address = try Endpoint(parsing: "10.0.\(number >> 8 & 255).\(number & 255):4000")
    return (.direct(address), try #require(NodeID(1)))
  }

  private static func relayed(_ number: UInt32) throws -> (TunnelRoute, NodeID) {
    (.relay, try #require(NodeID(number)))
  }

  @Test("Origins without number use up what there is for their way, and leave the other way its own")
  func ways() throws {
    for (flood, other) in [(Self.direct, Self.relayed), (Self.relayed, Self.direct)] {
      var budget = ExchangeBudget(TunnelConfiguration())
      var admitted = 0
      for number in 1...200 as ClosedRange<UInt32> {
        let (route, node) = try flood(number)
        if budget.admits(by: route, from: node, at: .start) { admitted += 1 }
      }
      #expect(admitted < 200)
      let (route, node) = try other(1_000)
      let isAdmitted = budget.admits(by: route, from: node, at: .start)
      #expect(isAdmitted)
    }
  }
}
