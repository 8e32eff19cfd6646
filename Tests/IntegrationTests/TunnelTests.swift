import PilotFixtures
import PilotIdentity
import PilotTransport
import PilotTunnel
import PilotWire
import Testing

@Suite("Tunnels through a beacon", .timeLimit(.minutes(1)))
struct TunnelTests {
  static let port: UInt16 = 7

  /// Two nodes' tunnels, while a body goes on; the second one echoes what comes for its port.
  static func run(
    _ beacon: TestBeacon, on carriers: (Carrier, Carrier), usesDirectPaths: Bool = false,
    keys: (any KeyDirectory)? = nil, fragments: (Int?, Int?) = (nil, nil),
    _ body: (Tunnels, Tunnels) async throws -> Void
  ) async throws {
    let keys = try keys ?? knownKeys()
    var configuration = Tunnels.Configuration()
    configuration.usesDirectPaths = usesDirectPaths
    configuration.maximumFragmentedLength = fragments.0
    var others = configuration
    others.maximumFragmentedLength = fragments.1
    let (left, right) = (
      try Tunnels(
        over: try await beacon.join(1, on: carriers.0), identity: TestBeacon.identity, keys: keys,
        configuration: configuration),
      try Tunnels(
        over: try await beacon.join(2, on: carriers.1), identity: TestBeacon.identity, keys: keys,
        configuration: others)
    )
    let echo = try right.bind(port)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await left.run() }
      group.addTask { try await right.run() }
      group.addTask {
        for await datagram in echo.datagrams {
          try echo.send(datagram.payload, to: datagram.peer, port: datagram.port)
        }
      }
      defer {
        left.leave()
        right.leave()
      }
      try await body(left, right)
    }
  }

  private static func knownKeys() throws -> StaticKeyDirectory {
    StaticKeyDirectory([
      try RawNode.id(1): TestBeacon.identity.publicKey, try RawNode.id(2): TestBeacon.identity.publicKey,
    ])
  }

  @Test("carry datagrams both ways, from the first one on", arguments: Carrier.allCases, Carrier.allCases)
  func echo(_ from: Carrier, _ to: Carrier) async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (from, to)) { left, right in
        let port = try left.bind()
        var answers = port.datagrams.makeAsyncIterator()
        for length in [0, 1, left.maximumPayloadLength] {
          let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
          try port.send(payload, to: right.id, port: Self.port)
          let answer = try #require(await answers.next())
          #expect(answer == Datagram(peer: right.id, port: Self.port, payload: payload))
        }
        #expect(left.maximumPayloadLength == 1_153)
        #expect(throws: TransportError.self) {
          try port.send([UInt8](repeating: 0, count: 1_154), to: right.id, port: Self.port)
        }
        let report = try #require(left.report(on: right.id))
        #expect(report.route == (from == .udp ? .relayOverUDP : .relayOverWSS))
        #expect(report.received == 3 && report.receivedBytes == 1_154)
        #expect(report.drops.tooLarge == 1)
      }
    }
  }

  @Test("carry what no frame takes in fragments, where both sides do", arguments: Carrier.allCases)
  func fragments(_ carrier: Carrier) async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (carrier, carrier), fragments: (60_000, 60_000)) { left, right in
        let port = try left.bind()
        var answers = port.datagrams.makeAsyncIterator()
        // Both have told each other what they take before anything else.
        for length in [1, left.maximumPayloadLength + 1, 1_200, 60_000] {
          let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
          try port.send(payload, to: right.id, port: Self.port)
          #expect(await answers.next()?.payload == payload)
        }
        var batch = left.makeBatch(byteCapacity: 4_096, capacity: 8)
        let payload = [UInt8](repeating: 7, count: 10_000)
        #expect(try batch.append(payload.span.raw, to: right.id, port: Self.port, from: port.number))
        try batch.send()
        #expect(await answers.next()?.payload == payload)
        let error = #expect(throws: TransportError.self) {
          try port.send([UInt8](repeating: 0, count: 60_001), to: right.id, port: Self.port)
        }
        #expect(error?.code == .frameTooLarge(limit: 60_000))
        let report = try #require(left.report(on: right.id))
        #expect(report.received == 5 && report.receivedBytes == 1 + 1_154 + 1_200 + 60_000 + 10_000)
        #expect(report.drops.tooLarge == 1 && report.drops.incomplete == 0)
      }
    }
  }

  @Test("send no fragment to a peer that doesn't put them together")
  func fragmentsRefused() async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (.udp, .udp), fragments: (60_000, nil)) { left, right in
        let port = try left.bind()
        var answers = port.datagrams.makeAsyncIterator()
        try port.send([1], to: right.id, port: Self.port)
        #expect(await answers.next()?.payload == [1])
        #expect(throws: TransportError.self) {
          try port.send([UInt8](repeating: 0, count: 1_200), to: right.id, port: Self.port)
        }
        #expect(left.report(on: right.id)?.drops.tooLarge == 1)
        // What it was asked it has counted, and what is sent after that has come.
        try port.send([2], to: right.id, port: Self.port)
        #expect(await answers.next()?.payload == [2])
        #expect((right.report(on: left.id)?.drops.incomplete ?? 0) > 0)
      }
    }
  }

  @Test("count what was sent to a node that nobody knows")
  func refusedCounted() async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (.udp, .udp)) { left, _ in
        let stranger = try RawNode.id(77)
        let port = try left.bind()
        try port.send([1], to: stranger, port: Self.port)
        for await event in left.events {
          if case .refused(stranger, .unknown) = event { break }
        }
        #expect(left.report(on: stranger)?.drops.refused == 1)
      }
    }
  }

  @Test("carry batches, and answer probes", arguments: Carrier.allCases)
  func batches(_ carrier: Carrier) async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (carrier, carrier)) { left, right in
        var events = left.events.makeAsyncIterator()
        try left.probe(right.id, payload: [1, 2])
        var echo: TunnelEcho?
        while echo == nil, let event = await events.next() {
          if case .echo(let answer) = event { echo = answer }
        }
        #expect(echo?.payload == [1, 2] && echo?.peer == right.id)

        let port = try left.bind()
        var batch = left.makeBatch(byteCapacity: 4_096, capacity: 8)
        var taken = 0
        while taken < 100 {
          let payload = [UInt8(taken)]
          let isTaken = try batch.append(payload.span.raw, to: right.id, port: Self.port, from: port.number)
          if isTaken { taken += 1 } else { try batch.send() }
        }
        try batch.send()
        var answers = port.datagrams.makeAsyncIterator()
        for number in 0..<100 { #expect(await answers.next()?.payload == [UInt8(number)]) }
      }
    }
  }

  @Test("come to a direct path, where there is one")
  func direct() async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (.udp, .udp), usesDirectPaths: true) { left, right in
        let port = try left.bind()
        try port.send([1], to: right.id, port: Self.port)
        var routes: [PeerRoute] = []
        for await event in left.events {
          if case .route(right.id, let route) = event { routes.append(route) }
          if routes.last == .direct { break }
        }
        #expect(routes == [.relayOverUDP, .direct])
        var answers = port.datagrams.makeAsyncIterator()
        for _ in 0..<2 {
          try port.send([2], to: right.id, port: Self.port)
          _ = try #require(await answers.next())
        }
        #expect(left.report(on: right.id)?.roundTrip != nil)
      }
    }
  }

  @Test("give no session to a peer whose key is unknown, nor to one that has another")
  func refused() async throws {
    try await TestBeacon.run { beacon in
      // Each takes the other's word for nothing: node 2 isn't known at all, and node 1 by another key.
      let wrong = StaticKeyDirectory([try RawNode.id(1): Identity().publicKey])
      try await Self.run(beacon, on: (.udp, .wss), keys: wrong) { left, right in
        let port = try left.bind()
        try port.send([1], to: right.id, port: Self.port)
        #expect(await Self.refusal(left.events) == .unknown)
        right.connect(to: left.id)
        #expect(await Self.refusal(left.events) == .unknown)
        #expect(left.connectedPeers.isEmpty && right.connectedPeers.isEmpty)
      }
      let known = Identity().publicKey
      let half = StaticKeyDirectory([try RawNode.id(1): known, try RawNode.id(2): TestBeacon.identity.publicKey])
      try await Self.run(beacon, on: (.udp, .udp), keys: half) { left, right in
        left.connect(to: right.id)
        #expect(await Self.refusal(right.events) == .wrongKey)
        #expect(right.connectedPeers.isEmpty)
      }
    }
  }

  private static func refusal(_ events: AsyncStream<TunnelEvent>) async -> TunnelRefusal? {
    for await event in events {
      if case .refused(_, let reason) = event { return reason }
    }
    return nil
  }
}
