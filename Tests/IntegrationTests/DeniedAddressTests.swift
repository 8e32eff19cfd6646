import NIOPosix
import PilotBeacon
import PilotTransport
import PilotWire
import Testing

/// That rules about addresses hold for what is there already, on both transports.
@Suite(.timeLimit(.minutes(1)))
struct DeniedAddressTests {
  @Test("Who is denied later loses its connection and its registration, and its datagrams are dropped")
  func later() async throws {
    let policy = AddressPolicy()
    try await TestBeacon.run {
      $0.addresses = policy
    } _: { beacon in
      let wss = try await beacon.connect(7)
      let udp = try beacon.bind(8)
      var receiver = try udp.transport.makeReceiver()
      try await udp.register(&receiver)
      var rules = AddressRules()
      rules.denied = AddressSet([try CIDRBlock(parsing: "127.0.0.0/8")])
      policy.replace(with: rules)
      // It comes back in vain.
      for await event in wss.transport.events {
        guard case .reconnecting = event else { continue }
        break
      }
      while beacon.server.statistics.router.drops[.denied] == 0 {
        try udp.transport.send(Discover(node: udp.id).encoded(), to: beacon.udp)
        await Task.yield()
      }
      while (beacon.server.statistics.handshakeFailures["denied"] ?? 0) == 0 { await Task.yield() }
      while beacon.server.statistics.router.expulsions == 0 { await Task.yield() }
      #expect(beacon.server.statistics.router.nodes == 0)
    }
  }
}
