import PilotBeacon
import PilotFixtures
import PilotNode
import PilotTransport
import PilotWire
import Testing

@Suite("Nodes on a beacon", .timeLimit(.minutes(1)))
struct NodeTests {
  /// The next message; states and the beacon's other frames are passed over.
  private static func message(_ receiver: inout NodeReceiver) async throws -> (NodeID, [UInt8])? {
    while let event = try await receiver.next() {
      if case .message(let message) = event { return (message.sender, message.payload.copied()) }
    }
    return nil
  }

  @Test("a joined node reaches another one, single and in a batch", arguments: Carrier.allCases, Carrier.allCases)
  func messages(_ from: Carrier, _ to: Carrier) async throws {
    try await TestBeacon.run { beacon in
      let receiving = try await beacon.join(2, on: to)
      let sending = try await beacon.join(1, on: from)
      var receiver = try receiving.makeReceiver()
      try sending.send([1, 2, 3], to: receiving.id)
      let first = try await Self.message(&receiver)
      #expect(first?.1 == [1, 2, 3])
      var batch = sending.makeBatch()
      for number in 0..<3 { _ = batch.append([UInt8(number)], to: receiving.id) }
      let taken = try sending.send(contentsOf: batch)
      #expect(taken == 3)
      for number in 0..<3 {
        let message = try #require(try await Self.message(&receiver))
        #expect(message == (sending.id, [UInt8(number)]))
      }
      #expect(sending.counters.messagesSent == 4)
      #expect(receiving.counters.messagesReceived == 4)
    }
  }

  @Test("is told by its beacon that a node isn't there, and that one has just gone", arguments: Carrier.allCases)
  func gone(_ carrier: Carrier) async throws {
    // One that knows its name speaks `pilot.v2`.
    try await TestBeacon.run(TestBeacon.speakingV2) { beacon in
      let leaving = try await beacon.join(2, on: .wss)
      let node = try await beacon.join(1, on: carrier)
      var receiver = try node.makeReceiver()
      if carrier == .udp {
        // Whoever reads a node has it answer its beacon's challenge.
        while node.counters.proofsSent == 0, let _ = try await receiver.next() {}
        try await beacon.awaitStatistics { $0.router.proofs[.accepted] > 0 }
      }
      leaving.leave()
      try await beacon.awaitStatistics { $0.router.wssPeers == (carrier == .wss ? 1 : 0) }
      for (peer, reason) in [(leaving.id, .hasJustGone), (try RawNode.id(3), .notAttached)] as [(NodeID, Gone.Reason)] {
        for _ in 0..<3 { try node.send([1], to: peer) }
        let gone = try await Self.gone(&receiver)
        #expect(gone == Gone(destination: peer, reason: reason))
      }
      #expect(node.counters.goneReceived == 2)
      let router = beacon.server.statistics.router
      #expect(router.goneNotices == 2 && router.goneNoticesHeldBack <= 4)
    }
  }

  private static func gone(_ receiver: inout NodeReceiver) async throws -> Gone? {
    while let event = try await receiver.next() {
      if case .gone(_, let frame) = event { return try Gone(parsing: frame.bytes) }
    }
    return nil
  }

  @Test("what it tells begins with ready and ends with closed", arguments: Carrier.allCases)
  func states(_ carrier: Carrier) async throws {
    try await TestBeacon.run { beacon in
      let node = try await Node.start(beacon.configuration(1, on: carrier))
      var receiver = try node.makeReceiver()
      var states: [NodeState] = []
      while let event = try await receiver.next() {
        switch event {
        case .state(let state):
          states.append(state)
          // To itself: it comes in its turn, or not at all.
          if state.isReady { try node.send([9], to: node.id) }
        case .message(let message):
          #expect(message.payload.copied() == [9])
          node.leave()
        case .gone, .control, .direct, .switched: break
        }
      }
      #expect(states.first?.isReady == true)
      #expect(states.last == .closed)
      #expect(states.count == 2)
      #expect(node.state == .closed)
    }
  }
}
