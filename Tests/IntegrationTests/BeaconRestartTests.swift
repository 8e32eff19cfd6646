import Foundation
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@Suite("A beacon that is killed and comes back")
struct BeaconRestartTests {
  /// What a sender's calls came to.
  private struct Sent {
    var taken: UInt64 = 0
    var refused: UInt64 = 0
  }

  @Test(
    "Clients under traffic are back within 2 s of its return, and every frame is accounted for", .timeLimit(.minutes(1))
  )
  func killedUnderTraffic() async throws {
    let identity = Identity()
    try await withNodesFile(1...2, of: identity) { nodes in
      let first = try BeaconProcess(nodes: nodes)
      let address = (udp: "\(first.udp)", wss: "\(first.wss)")
      let configuration = WSSTransport.Configuration(
        beacon: first.url, node: try RawNode.id(1), identity: identity)
      let transport = try await WSSTransport.connect(configuration)
      var events = transport.events.makeAsyncIterator()
      async let traffic = Self.traffic(on: transport)
      while transport.counters.framesSent == 0 { await Task.yield() }

      first.kill()
      // The second failed attempt: about a second later.
      var attempts = 0
      while attempts < 3, let event = await events.next() {
        if case .reconnecting = event { attempts += 1 }
      }
      let second = try BeaconProcess(udp: address.udp, wss: address.wss, nodes: nodes)
      let back = ContinuousClock.now
      while let event = await events.next() {
        if case .reconnected = event { break }
      }
      #expect(back.duration(to: .now) < .seconds(2))
      transport.close()
      let sent = await traffic

      #expect(second.terminate() == 0)
      let counters = transport.counters
      #expect(counters.reconnects == 1)
      #expect(sent.taken == counters.framesSent + counters.drops.outgoing)
      #expect(sent.taken > 0)
      #expect(sent.refused > 0)
    }
  }

  /// Relays as fast as it can until the transport is closed.
  private static func traffic(on transport: WSSTransport) async -> Sent {
    var sent = Sent()
    let frame = [UInt8](repeating: 5, count: 1_200)
    while true {
      do throws(TransportError) {
        try transport.send(frame, to: .wssBeacon)
        sent.taken += 1
      } catch {
        if error.code == .closed { return sent }
        sent.refused += 1
      }
      await Task.yield()
    }
  }

  @Test(
    "SIGTERM and SIGINT end it in order, with the exit codes that are documented", .timeLimit(.minutes(1)),
    arguments: [
      (SIGTERM, Int32(0)), (SIGINT, Int32(130)),
    ])
  func signals(signal: Int32, status: Int32) async throws {
    let identity = Identity()
    try await withNodesFile(1...1, of: identity) { nodes in
      let beacon = try BeaconProcess(nodes: nodes)
      let transport = try await WSSTransport.connect(
        WSSTransport.Configuration(beacon: beacon.url, node: try RawNode.id(1), identity: identity))
      let events = transport.events
      #expect(beacon.terminate(signal) == status)
      // It took leave of its peers: a Close, not a broken connection.
      let reason = try await events.first { event -> String? in
        guard case .reconnecting(let reason, _, _) = event else { return nil }
        return reason.message
      }
      #expect(reason?.contains("1001") == true, "\(reason ?? "no event")")
      transport.close()
    }
  }
}
