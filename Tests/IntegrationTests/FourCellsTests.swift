import Logging
import PilotConsole
import PilotFixtures
import PilotNode
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon
@testable import PilotCommands

@Suite("Real frames through all four cells")
struct FourCellsTests {
  @Test("Every byte arrives in every cell, over TLS where it says WSS", .timeLimit(.minutes(1)))
  func allCells() async throws {
    let authority = try ThrowawayAuthority()
    defer { authority.remove() }
    let content = DemoContent.generated(byteCount: 300_001)
    let bench = DemoBeacon(authority: authority)
    let results = try await bench.measure(
      content, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, status: { _ in })
    #expect(results.map(\.cell.name) == ["UDP → UDP", "UDP → WSS", "WSS → UDP", "WSS → WSS"])
    for result in results { #expect(result.isPerfect, "\(result.cell.name): \(result.json.line)") }
  }

  @Test("Frames of every length up to the longest cross from WSS to WSS unchanged", .timeLimit(.minutes(1)))
  func lengths() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try await beacon.join(1, on: .wss), try await beacon.join(2, on: .wss))
      var receiver = try b.makeReceiver()
      var atA = try a.makeReceiver()
      // Each shows first that it takes the longest ones: nobody gets them.
      let longest = [UInt8](repeating: 0, count: a.maximumPayloadLength)
      for node in [a, b] { try node.send(longest, to: RawNode.id(99)) }
      try b.send([], to: a.id)
      while let event = try await atA.next() {
        if case .message = event { break }
      }
      for length in [0, 1, 125, 126, 1_200, 16_384, a.maximumPayloadLength] {
        let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ length) }
        try a.send(payload, to: b.id)
        var message: (sender: NodeID, payload: [UInt8])?
        while message == nil, let event = try await receiver.next() {
          if case .message(let sent) = event { message = (sent.sender, sent.payload.copied()) }
        }
        #expect(message?.sender == a.id)
        #expect(message?.payload == payload, "length \(length)")
      }
      a.leave()
      b.leave()
    }
  }

  @Test("Frames cross whichever of the beacon's UDP sockets their sources fall to", .timeLimit(.minutes(1)))
  func manySources() async throws {
    try await TestBeacon.run {
      $0.udpSockets = 4
    } _: { beacon in
      // The kernel spreads sources by a hash: that 40 fall to one socket has a chance of about 1 in 4³⁹.
      let nodes = try (1...40).map { try beacon.bind($0) }
      for node in nodes { try node.transport.send(Discover(node: node.id, publicKey: nil).encoded(), to: beacon.udp) }
      while beacon.server.statistics.router.nodes < nodes.count { await Task.yield() }
      for number in 0..<10 as Range<UInt8> {
        for (index, node) in nodes.enumerated() { try node.relay([number], to: nodes[(index + 1) % nodes.count].id) }
      }
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for (index, node) in nodes.enumerated() {
          let before = nodes[(index + nodes.count - 1) % nodes.count].id
          group.addTask {
            var receiver = try node.transport.makeReceiver()
            var received: [UInt8] = []
            while received.count < 10 {
              let (sender, payload) = try await receiver.delivery()
              #expect(sender == before)
              received += payload
            }
            return received
          }
        }
        for try await received in group { #expect(received == Array(0..<10)) }
      }
      #expect(beacon.server.statistics.router.relayed[RelayCell(from: .udp, to: .udp)] == 400)
      #expect(beacon.server.statistics.udp.framesReceived == 440)
      for node in nodes { node.transport.close() }
    }
  }

  @Test("A node that said DiscoverEx gets the destination with each frame", .timeLimit(.minutes(1)))
  func discoverEx() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try beacon.bind(1), try beacon.bind(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await a.register(&atA)
      try b.transport.send(Discover(node: b.id, wantsDestination: true).encoded(), to: b.beacon)
      #expect(try await atB.reply() == b.transport.localEndpoint)
      try a.relay([1, 2, 3], to: b.id)
      let frame = try await atB.next()
      let delivery = try RelayDeliverDest(parsing: frame.bytes)
      #expect(delivery.sender == a.id)
      #expect(delivery.destination == b.id)
      #expect(delivery.payload.copied() == [1, 2, 3])
    }
  }

  @Test("So does one on a WebSocket connection, until it says Discover again", .timeLimit(.minutes(1)))
  func discoverExOverWSS() async throws {
    try await TestBeacon.run { beacon in
      let (a, b) = (try beacon.bind(1), try await beacon.connect(2))
      var atA = try a.transport.makeReceiver()
      var atB = try b.transport.makeReceiver()
      try await a.register(&atA)
      for wantsDestination in [true, false] {
        try b.transport.send(Discover(node: b.id, wantsDestination: wantsDestination).encoded(), to: b.beacon)
        _ = try await atB.reply()
        try a.relay([1, 2, 3], to: b.id)
        let frame = try await atB.next().bytes.copied()
        let expected: [UInt8] = wantsDestination ? [9, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3] : [6, 0, 0, 0, 1, 1, 2, 3]
        #expect(frame == expected)
      }
      b.transport.close()
    }
  }

  @Test("A Discover over WSS is answered over WSS, and its synthetic address recorded nowhere", .timeLimit(.minutes(1)))
  func discoverOverWSS() async throws {
    try await TestBeacon.run { beacon in
      let node = try await beacon.connect(1)
      var receiver = try node.transport.makeReceiver()
      try node.transport.send(Discover(node: node.id, publicKey: nil).encoded(), to: .wssBeacon)
      let endpoint = try await receiver.reply()
      #expect(endpoint.addressText == "127.0.0.1")
      #expect(endpoint.port != 0)
      #expect(beacon.server.statistics.router.nodes == 0)
      node.transport.close()
    }
  }
}
