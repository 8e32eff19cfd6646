import PilotConsole
import PilotNode
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

/// What the options about a node's ways come to.
struct NodePlanTests {
  private static let udp = BeaconURL.udp(host: "beacon.test", port: 9_001)

  private func fault(
    _ transport: TransportChoice, udp: TransportUse = .auto, wss: TransportUse = .auto, hasAny: Bool = true
  ) -> CommandFailure? {
    do throws(CommandFailure) {
      try NodePlan.check(transport, udp: udp, wss: wss, hasAny: hasAny, used: [])
      return nil
    } catch {
      return error
    }
  }

  @Test func `what forbids the only transport is named`() {
    #expect(fault(.udp, udp: .never)?.what.contains("--transport udp and --udp never") == true)
    #expect(fault(.wss, wss: .never)?.what.contains("--transport wss and --wss never") == true)
    #expect(fault(.udp)?.what == "no beacon for UDP was given")
    #expect(fault(.wss, udp: .never)?.what == "no beacon for WSS was given")
    #expect(fault(.auto, udp: .never)?.what == "no beacon can be used, for --udp never was given")
    #expect(fault(.auto, wss: .never)?.what == "no beacon can be used, for --wss never was given")
    #expect(
      fault(.auto, udp: .never, wss: .never)?.what
        == "no beacon can be used, for --udp never and --wss never was given")
    #expect(fault(.auto, hasAny: false)?.what == "no beacon was given")
  }

  @Test func `where a beacon is left there is nothing to say`() throws {
    try NodePlan.check(.auto, udp: .auto, wss: .never, hasAny: true, used: [Self.udp])
  }

  @Test func `why this machine doesn't send is asked of the system, and of nothing else`() throws {
    let transport = try InMemoryNetwork().makeTransport()
    let here = transport.localEndpoint
    #expect(NodeState.Hindrance.unsendable(.system).words(asking: transport, at: here).contains("(system)"))
    transport.close()
    let words = NodeState.Hindrance.unsendable(.system).words(asking: transport, at: here)
    #expect(words == "the transport is closed")
    #expect(NodeState.Hindrance.unanswered.words(asking: transport, at: here) == "the beacon doesn't answer")
    #expect(NodeState.Hindrance.unsendable(.system).words(asking: nil, at: nil).contains("(system)"))
  }
}
