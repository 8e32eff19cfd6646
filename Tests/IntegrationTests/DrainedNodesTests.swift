import Foundation
import PilotBeacon
import PilotFixtures
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

/// Nodes whose beacon drains, with real sockets.
@Suite("Nodes of a beacon that drains", .timeLimit(.minutes(1)))
struct DrainedNodesTests {
  /// What happened to a node's connection first, beside that it was to drain.
  private static func fate(of node: Node) async -> TransportEvent? {
    for await event in node.transports[0].events {
      switch event {
      case .connected, .draining: continue
      default: return event
      }
    }
    return nil
  }

  private static func drain(_ configuration: inout BeaconServer.Configuration, over window: Duration) {
    configuration.names = [HostPort(host: "127.0.0.1", port: nil)]
    configuration.drain.window = window
  }

  @Test("They are at the beacon that is named before they leave, and the drain ends with the last of them")
  func named() async throws {
    try await TestBeacon.run(
      { Self.drain(&$0, over: .zero) },
      { other in
        var nodes: [Node] = []
        try await TestBeacon.run(
          { configuration in
            Self.drain(&configuration, over: .seconds(3))
            configuration.drain.place = other.url
          },
          { beacon in
            for number in 1...60 { nodes.append(try await beacon.join(UInt32(number), on: .wss)) }
            beacon.server.stop()
            for node in nodes {
              guard case .moved(let place)? = await Self.fate(of: node) else {
                Issue.record("node \(node.id) lost its connection")
                continue
              }
              #expect(place == other.url.description)
            }
            #expect(beacon.server.statistics.drain.peersTold == 60)
          })
        try await other.awaitStatistics { $0.router.wssPeers == 60 }
        for node in nodes { node.leave() }
      })
  }

  @Test("Of a full beacon, those that attach beyond its number go where they are sent, and lose no connection")
  func full() async throws {
    try await TestBeacon.run(TestBeacon.speakingV2) { other in
      try await TestBeacon.run(
        { configuration in
          TestBeacon.speakingV2(&configuration)
          configuration.redirect = .init(beyond: 2, to: other.url)
        },
        { beacon in
          var nodes: [Node] = []
          for number in 1...5 { nodes.append(try await beacon.join(UInt32(number), on: .wss)) }
          for node in nodes.dropFirst(2) {
            guard case .moved(let place)? = await Self.fate(of: node) else {
              Issue.record("node \(node.id) lost its connection")
              continue
            }
            #expect(place == other.url.description)
          }
          try await other.awaitStatistics { $0.router.wssPeers == 3 }
          try await beacon.awaitStatistics { $0.router.wssPeers == 2 && $0.redirected == 3 }
          for node in nodes { node.leave() }
        })
    }
  }

  @Test("Over pilot.v1 they are closed one after the other, with 1001, and those that are told stay until then")
  func unnamed() async throws {
    try await TestBeacon.run({ $0.drain.window = .milliseconds(600) }) { beacon in
      let node = try await beacon.join(1, on: .wss)
      beacon.server.stop()
      guard case .reconnecting(let reason, _, _)? = await Self.fate(of: node) else {
        Issue.record("its connection wasn't closed")
        return
      }
      #expect(reason.message.contains("1001"), "\(reason.message)")
      // It was told before, and has tried: the beacon admits nobody.
      #expect(beacon.server.statistics.drain.peersTold == 1)
      node.leave()
    }
  }

  @Test(
    "A node over UDP that has proven itself is told once, and nobody else is; its beacon ends after a quarter of the window"
  )
  func datagrams() async throws {
    try await TestBeacon.run({ Self.drain(&$0, over: .seconds(8)) }) { beacon in
      let node = try await beacon.join(1, on: .udp)
      let stranger = try beacon.bind(50)
      try stranger.transport.send(Discover(node: stranger.id).encoded().span.raw, to: beacon.udp)
      var receiver = try node.makeReceiver()
      // Whoever reads a node has it answer its beacon's challenge.
      while node.counters.proofsSent == 0, let _ = try await receiver.next() {}
      try await beacon.awaitStatistics { $0.router.proofs[.accepted] > 0 && $0.router.nodes == 2 }
      beacon.server.stop()
      while let event = try await receiver.next() {
        guard case .control(let frame) = event, let drain = try? Drain(parsing: frame.bytes) else { continue }
        #expect(drain.node == node.id)
        #expect(drain.comeBack.from <= 2_000)
        #expect(drain.comeBack.until == drain.comeBack.from + 8_000)
        break
      }
      try await beacon.awaitStatistics { $0.drain.nodesTold > 0 }
      #expect(beacon.server.statistics.drain.nodesTold == 1)
      node.leave()
      stranger.transport.close()
    }
  }

  @Test("During the grace health is 503, and newcomers are admitted")
  func grace() async throws {
    try await TestBeacon.run(
      { configuration in
        Self.drain(&configuration, over: .milliseconds(100))
        configuration.drain.grace = .seconds(2)
      },
      { beacon in
        let first = try await beacon.join(1, on: .wss)
        beacon.server.stop()
        let wss = try #require(beacon.server.addresses.wss)
        let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        while try await !HTTPExchange.answer(to: request, from: wss).hasPrefix("HTTP/1.1 503") {
          try Task.checkCancellation()
        }
        let second = try await beacon.join(2, on: .wss)
        first.leave()
        second.leave()
      })
  }

  @Test(
    "A second signal ends it at once, with the exit code of the first or of SIGINT",
    arguments: [(SIGTERM, SIGTERM, Int32(0)), (SIGTERM, SIGINT, Int32(130)), (SIGINT, SIGTERM, Int32(130))])
  func secondSignal(_ first: Int32, _ second: Int32, _ status: Int32) async throws {
    let identity = TestBeacon.identity
    try await withNodesFile(1...1, of: identity) { nodes in
      let beacon = try BeaconProcess(nodes: nodes, ["--drain-window", "120"])
      let transport = try await WSSTransport.connect(
        WSSTransport.Configuration(beacon: beacon.url, node: try RawNode.id(1), identity: identity))
      kill(beacon.id, first)
      // It has heard the first one when its peer is told.
      for await event in transport.events {
        if case .draining = event { break }
      }
      #expect(beacon.terminate(second) == status)
      transport.close()
    }
  }
}
