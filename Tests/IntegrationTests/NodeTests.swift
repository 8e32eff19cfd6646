import PilotFixtures
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@Suite("Nodes on a beacon", .timeLimit(.minutes(1)))
struct NodeTests {
  private static func configuration(
    _ number: UInt32, _ carrier: Carrier, at beacon: TestBeacon
  ) throws -> Node.Configuration {
    let url =
      switch carrier {
      case .udp: BeaconURL.udp(host: "127.0.0.1", port: beacon.udp.port)
      case .wss: BeaconURL.wss(beacon.url)
      }
    return Node.Configuration(id: try TestNode.id(number), identity: TestBeacon.identity, beacon: url)
  }

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
      let receiving = try await Node.join(Self.configuration(2, to, at: beacon))
      let sending = try await Node.join(Self.configuration(1, from, at: beacon))
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

  @Test("what it tells begins with ready and ends with closed", arguments: Carrier.allCases)
  func states(_ carrier: Carrier) async throws {
    try await TestBeacon.run { beacon in
      let node = try await Node.start(Self.configuration(1, carrier, at: beacon))
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
        case .control, .direct: break
        }
      }
      #expect(states.first?.isReady == true)
      #expect(states.last == .closed)
      #expect(states.count == 2)
      #expect(node.state == .closed)
    }
  }
}
