import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("What a beacon does with faults and frauds")
struct BeaconFaultTests {
  @Test("A relay for an unknown node is dropped and counted, and nothing else is lost", .timeLimit(.minutes(1)))
  func unknownDestination() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try await beacon.connect(1), try await beacon.connect(2))
      var receiver = try b.transport.makeReceiver()
      try a.relay([1], to: try RawNode.id(77))
      try a.relay([2], to: b.id)
      #expect(try await receiver.delivery().payload == [2])
      #expect(beacon.server.statistics.router.drops[.destinationUnknown] == 1)
    }
  }

  @Test("A WSS node can't relay in another node's name", .timeLimit(.minutes(1)))
  func spoofedSenderOverWSS() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try await beacon.connect(1), try await beacon.connect(2))
      var receiver = try b.transport.makeReceiver()
      try a.relay([1], to: b.id, as: try RawNode.id(3))
      try a.relay([2], to: b.id)
      #expect(try await receiver.delivery().payload == [2])
      #expect(beacon.server.statistics.router.drops[.senderMismatch] == 1)
    }
  }

  @Test("A UDP node can't relay in another node's name, registered or not", .timeLimit(.minutes(1)))
  func spoofedSenderOverUDP() async throws {
    try await TestBeacon.run { beacon in
      let (a, b, c) = (try beacon.bind(1), try beacon.bind(2), try beacon.bind(3))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      var atC = try c.transport.makeReceiver()
      try await a.register(&atA)
      try await b.register(&atB)
      try await c.register(&atC)
      try a.relay([1], to: b.id, as: c.id)
      try a.relay([2], to: b.id, as: try RawNode.id(4))
      try a.relay([3], to: b.id)
      #expect(try await atB.delivery().payload == [3])
      #expect(beacon.server.statistics.router.drops[.senderMismatch] == 1)
      #expect(beacon.server.statistics.router.drops[.senderUnknown] == 1)
    }
  }

  @Test("A forged Discover doesn't take a live node's frames away", .timeLimit(.minutes(1)))
  func hijack() async throws {
    try await TestBeacon.run { beacon in
      let (a, b, thief) = (try beacon.bind(1), try beacon.bind(2), try beacon.bind(2, host: 2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      var atThief = try thief.transport.makeReceiver()
      try await a.register(&atA)
      try await b.register(&atB)
      // It is answered like any other, and not believed.
      try await thief.register(&atThief)
      try a.relay([7], to: b.id)
      #expect(try await atB.delivery().payload == [7])
      #expect(beacon.server.statistics.router.discovers[.asked] == 1)
    }
  }

  @Test("A frame that no datagram can carry is dropped alone, not those around it", .timeLimit(.minutes(1)))
  func tooLongForUDP() async throws {
    // More than an endpoint that hasn't answered would be sent.
    try await TestBeacon.run {
      $0.router.unansweredCredit = 1 << 20
    } _: { beacon in
      let (a, b) = (try await beacon.connect(1), try beacon.bind(2))
      var receiver = try b.transport.makeReceiver()
      try await b.register(&receiver)
      let tooLong = [UInt8](repeating: 1, count: FrameLimits.maximumOverUDPv4 - RelayDeliver.headerLength + 1)
      for number in UInt8(0)..<5 {
        try a.relay(tooLong, to: b.id)
        try a.relay([number], to: b.id)
      }
      for number in UInt8(0)..<5 { #expect(try await receiver.delivery().payload == [number]) }
      #expect(beacon.server.statistics.refusedByKernel == 5)
    }
  }

  @Test("All that the UDP sockets are given is counted, the beacon's own messages included", .timeLimit(.minutes(1)))
  func ownMessages() async throws {
    var server: BeaconServer?
    try await TestBeacon.run { beacon in
      server = beacon.server
      let (a, b) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await a.register(&atA)
      // The known key draws a challenge beside the answer.
      try b.transport.send(Discover(node: b.id, publicKey: TestBeacon.identity.publicKey).encoded(), to: b.beacon)
      _ = try await atB.reply()
      for number in UInt8(0)..<10 {
        try a.relay([number], to: b.id)
        #expect(try await atB.delivery().payload == [number])
      }
    }
    // A datagram is counted when the kernel has taken it, which its receiver can see sooner: so after the end.
    let statistics = try #require(server?.statistics)
    #expect(statistics.udpAnswers == 3)
    #expect(
      statistics.router.relayed[RelayCell(from: .udp, to: .udp)] + statistics.udpAnswers == statistics.udp.framesSent)
  }

  @Test("A node whose socket is gone is found at another port when ICMP has quoted the probe", .timeLimit(.minutes(1)))
  func restartedUDPNode() async throws {
    try await TestBeacon.run { beacon in
      let (a, old) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atOld = try old.transport.makeReceiver()
      try await a.register(&atA)
      try await old.register(&atOld)
      old.transport.close()
      let new = try beacon.bind(2)
      var atNew = try new.transport.makeReceiver()
      try await new.register(&atNew)
      // The beacon's probe of the old port has drawn an ICMP error; the claim is answered a second time.
      _ = try await atNew.reply()
      try a.relay([8], to: new.id)
      #expect(try await atNew.delivery().payload == [8])
      #expect(beacon.server.statistics.router.moves[.unreachable] == 1)
    }
  }

  @Test(
    "A node whose socket is gone is found at another address when ICMP has quoted the probe", .timeLimit(.minutes(1)))
  func movedUDPNode() async throws {
    try await TestBeacon.run { beacon in
      let (a, old) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atOld = try old.transport.makeReceiver()
      try await a.register(&atA)
      try await old.register(&atOld)
      old.transport.close()
      let new = try beacon.bind(2, host: 2)
      var atNew = try new.transport.makeReceiver()
      try await new.register(&atNew)
      // The beacon's probe of the old address has drawn an ICMP error; the claim is answered a second time.
      _ = try await atNew.reply()
      try a.relay([8], to: new.id)
      #expect(try await atNew.delivery().payload == [8])
      #expect(beacon.server.statistics.router.moves[.unreachable] == 1)
    }
  }

  @Test("The newest connection of a node wins while the old one is alive", .timeLimit(.minutes(1)))
  func replacedConnection() async throws {
    try await TestBeacon.run { beacon in
      let (a, old) = (try await beacon.connect(1), try await beacon.connect(2))
      let events = old.transport.events
      let new = try await beacon.connect(2)
      var receiver = try new.transport.makeReceiver()
      let reason = try await events.first { event -> TransportError.Code? in
        guard case .reconnecting(let reason, _, _) = event else { return nil }
        return reason.code
      }
      #expect(reason == .replaced)
      // The old connection's end has not taken the new one along.
      try a.relay([9], to: new.id)
      #expect(try await receiver.delivery().payload == [9])
      #expect(beacon.server.statistics.router.wssPeers == 2)
      old.transport.close()
    }
  }

  @Test("What became of a node's frames stays counted when it has gone", .timeLimit(.minutes(1)))
  func countsOfTheGone() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try await beacon.connect(1), try await beacon.connect(2))
      var receiver = try b.transport.makeReceiver()
      for number in UInt8(0)..<3 {
        try a.relay([number], to: b.id)
        #expect(try await receiver.delivery().payload == [number])
      }
      b.transport.close()
      while beacon.server.statistics.openConnections > 1 { await Task.yield() }
      #expect(beacon.server.statistics.peers.sent == 3)
    }
  }

  @Test("A peer that reads nothing delays nobody, and what waits for it stays bounded", .timeLimit(.minutes(1)))
  func slowPeer() async throws {
    try await TestBeacon.run {
      $0.wss?.limits.outgoingBytes = 256 * 1_024
    } _: { beacon in
      let (a, b) = (try await beacon.connect(1), try await beacon.connect(2))
      let proxy = try await TCPProxy.start(to: beacon.url.port)
      let slow = try await beacon.connect(3) {
        $0.beacon = WSSURL(isSecure: false, host: "127.0.0.1", port: proxy.port)
      }
      try await proxy.stall()
      var receiver = try b.transport.makeReceiver()
      let payload = [UInt8](repeating: 0xAB, count: 8_000)
      // 40 MB for the slow one: more than socket buffers hold. After each burst one frame for the other.
      for burst in 0..<50 {
        for _ in 0..<100 { try await a.relayInTurn(payload, to: slow.id) }
        try await a.relayInTurn([UInt8(burst)], to: b.id)
        #expect(try await receiver.delivery().payload == [UInt8(burst)])
      }
      let statistics = beacon.server.statistics
      #expect(statistics.waitingBytes <= 256 * 1_024 + 131_072)
      #expect(statistics.peers.overflowed > 0)
      slow.transport.close()
      try await proxy.close()
    }
  }
}
