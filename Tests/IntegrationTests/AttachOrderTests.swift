import PilotBeacon
import PilotTransport
import PilotWSS
import PilotWire
import Testing

/// Who has been told that it is in can be reached, and is the one that stays.
@Suite("The order of attaching", .timeLimit(.minutes(1)))
struct AttachOrderTests {
  @Test("A frame that is sent as soon as a node has read auth_ok reaches that very connection, each time")
  func reachable() async throws {
    try await TestBeacon.run { beacon in
      let sender = try beacon.bind(1)
      var atSender = try sender.transport.makeReceiver()
      try await sender.register(&atSender)
      // Several at a time, so that event loops are held up between one step and the next.
      for round in UInt8(0)..<50 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 2...9 as ClosedRange<UInt32> {
            group.addTask {
              let node = try await beacon.connect(number)
              let payload = [round, UInt8(number)]
              try sender.relay(payload, to: node.id)
              var receiver = try node.transport.makeReceiver()
              #expect(try await receiver.delivery().payload == payload)
              node.transport.close()
            }
          }
          try await group.waitForAll()
        }
      }
      let router = beacon.server.statistics.router
      #expect(router.drops.total == 0)
      #expect(router.relayed.total == 400)
    }
  }

  @Test("Of two connections of one node that come at once, the one that frames go to isn't told that it was replaced")
  func atOnce() async throws {
    try await TestBeacon.run { beacon in
      let sender = try await beacon.connect(1)
      for round in UInt8(0)..<50 {
        async let first = beacon.connect(2)
        async let second = beacon.connect(2)
        let nodes = try await [first, second]
        try await sender.relayInTurn([round], to: nodes[0].id)
        try await withThrowingTaskGroup(of: Int.self) { group in
          for (index, node) in nodes.enumerated() {
            group.addTask {
              var receiver = try node.transport.makeReceiver()
              #expect(try await receiver.delivery().payload == [round])
              return index
            }
          }
          let reached = try #require(try await group.next())
          let reason = try await nodes[1 - reached].transport.events.first { event -> TransportError.Code? in
            guard case .reconnecting(let reason, _, _) = event else { return nil }
            return reason.code
          }
          #expect(reason == .replaced)
          group.cancelAll()
          for node in nodes { node.transport.close() }
          while await group.nextResult() != nil {}
        }
        while beacon.server.statistics.openConnections > 1 { await Task.yield() }
      }
      #expect(beacon.server.statistics.router.replacements == 50)
    }
  }

  @Test(
    "What a replaced connection sends once the new one has read auth_ok is never relayed, though it hasn't heard of it")
  func replacedConnectionGoesOn() async throws {
    try await TestBeacon.run { beacon in
      let receiver = try beacon.bind(1)
      var atReceiver = try receiver.transport.makeReceiver()
      try await receiver.register(&atReceiver)
      for round in UInt8(0)..<20 {
        let proxy = try await TCPProxy.start(to: beacon.url.port)
        let old = try await beacon.connect(2) {
          $0.beacon = WSSURL(isSecure: false, host: "127.0.0.1", port: proxy.port)
        }
        try await proxy.hush()
        let new = try await beacon.connect(2)
        for _ in 0..<10 { try old.relay([0], to: receiver.id) }
        // The beacon has read them, or has hung up.
        func dropped() -> UInt64 {
          let statistics = beacon.server.statistics
          return statistics.router.drops[.staleConnection] + statistics.ignoredFrames
        }
        let expected = dropped() + 10
        while dropped() < expected, beacon.server.statistics.openConnections > 1 { await Task.yield() }
        try new.relay([1, round], to: receiver.id)
        #expect(try await atReceiver.delivery().payload == [1, round])
        for node in [old, new] { node.transport.close() }
        try await proxy.close()
        while beacon.server.statistics.openConnections > 0 { await Task.yield() }
      }
      let statistics = beacon.server.statistics
      #expect(statistics.router.relayed.total == 20)
      #expect(statistics.router.drops[.staleConnection] + statistics.ignoredFrames > 0)
    }
  }
}
