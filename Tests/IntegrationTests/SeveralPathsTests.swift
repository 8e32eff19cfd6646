import PilotTesting
import PilotBeacon
import PilotFixtures
import PilotNode
import PilotNodeTesting
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Testing

/// A node over UDP and WSS to one beacon, whose way over UDP the test blocks.
@Suite("A node over several paths", .timeLimit(.minutes(2)))
struct SeveralPathsTests {
  private struct Moving {
    let node: Node
    let datagrams: LossyTransport
    let connection: WSSTransport

    /// Seconds become hundredths.
    static var times: PathSelection.Configuration {
      var times = PathSelection.Configuration()
      times.overlap = .milliseconds(100)
      times.probing.interval = .milliseconds(50)
      times.probing.busyInterval = .milliseconds(25)
      times.probing.awayInterval = .milliseconds(40)
      times.probing.span = .milliseconds(300)
      times.returning.patience = .milliseconds(300)
      times.returning.span = .milliseconds(100)
      return times
    }

    init(_ number: UInt32, at beacon: TestBeacon, losing: Bool = false) throws {
      let id = try RawNode.id(number)
      var udp = UDPTransport.Configuration()
      udp.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
      datagrams = LossyTransport(try UDPTransport.bind(udp))
      datagrams.setLosing(losing)
      let wss = WSSTransport.Configuration(beacon: beacon.url, node: id, identity: TestBeacon.identity)
      connection = try WSSTransport.start(wss, dialing: false)
      node = try Node(
        id: id, identity: TestBeacon.identity,
        over: [
          Node.PathSetup(datagrams, .datagrams(beacon: beacon.udp)),
          Node.PathSetup(connection, .connection(beacon: .wssBeacon)),
        ], choosing: Self.times)
    }
  }

  /// What a node's reader has told.
  private struct Told: Sendable {
    var paths: [PathID] = []
    var payloads: [UInt32: Int] = [:]
    var isReady = false
  }

  private static func read(_ node: Node, into told: Watched<Told>) async throws {
    var receiver = try node.makeReceiver()
    try await receiver.forEach { event throws(TransportError) in
      switch event {
      case .switched(let change): told.update { $0.paths.append(change.to) }
      case .state(let state): told.update { $0.isReady = state.isReady }
      case .message(let message):
        let number: UInt32? = message.payload.byteCount == 4 ? message.payload.bigEndian(at: 0) : nil
        if let number { told.update { $0.payloads[number, default: 0] += 1 } }
      case .gone, .control, .direct: break
      }
    }
  }

  @Test("moves to WSS when UDP falls silent, and back, under traffic both ways, with exact books")
  func moves() async throws {
    try await TestBeacon.run(TestBeacon.speakingV2) { beacon in
      let peer = try await beacon.join(8, on: .wss)
      let moving = try Moving(7, at: beacon)
      let (atNode, atPeer) = (Watched(Told()), Watched(Told()))
      let sent = Watched<UInt32>(0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await Self.read(moving.node, into: atNode) }
        group.addTask { try await Self.read(peer, into: atPeer) }
        try await atNode.wait { $0.isReady }
        group.addTask {
          while moving.node.state != .closed {
            sent.update { $0 += 1 }
            let number = sent.value
            let payload = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
            try? moving.node.send(payload, to: peer.id)
            try? peer.send(payload, to: moving.node.id)
            try? await Task.sleep(for: .milliseconds(5))
          }
        }
        try await atNode.wait { $0.paths.last == PathID(0) }
        for round in 1...3 {
          moving.datagrams.setLosing(true)
          try await atNode.wait { $0.paths.last == PathID(1) }
          // What is sent from here on arrives, by the connection.
          let mark = sent.value
          try await atPeer.wait { told in told.payloads.keys.contains { $0 > mark + 20 } }
          try await atNode.wait { told in told.payloads.keys.contains { $0 > mark + 20 } }
          moving.datagrams.setLosing(false)
          try await atNode.wait { $0.paths.last == PathID(0) }
          #expect(atNode.value.paths.filter { $0 == PathID(1) }.count >= round)
        }
        let mark = sent.value
        try await atPeer.wait { told in told.payloads.keys.contains { $0 > mark + 20 } }
        moving.node.leave()
        peer.leave()
        try await group.waitForAll()
      }
      let counters = moving.node.counters
      #expect(
        counters.messagesSent + counters.duplicatesSent + counters.controlSent
          == counters.transport.framesSent + counters.transport.drops.outgoing)
      // Three times UDP fell silent: what went over it alone until then is told, and no more than the beacon missed.
      #expect(counters.unconfirmedSent > 0)
      #expect(counters.unconfirmedSent <= counters.messagesSent + counters.framesSent)
      #expect(counters.switches == UInt64(atNode.value.paths.count))
      #expect(atNode.value.payloads.values.allSatisfy { $0 <= 2 })
      #expect(moving.datagrams.lost > 0)
    }
  }

  @Test("is ready over WSS where UDP is blocked from the start, and uses UDP when that works")
  func blockedFromTheStart() async throws {
    try await TestBeacon.run(TestBeacon.speakingV2) { beacon in
      let moving = try Moving(7, at: beacon, losing: true)
      let told = Watched(Told())
      async let reading: Void = Self.read(moving.node, into: told)
      try await told.wait { $0.isReady }
      #expect(told.value.paths == [PathID(1)])
      #expect(moving.node.path == PathID(1))
      moving.datagrams.setLosing(false)
      try await told.wait { $0.paths.last == PathID(0) }
      moving.node.leave()
      try await reading
    }
  }
}
