import PilotTesting
import PilotTransport
import PilotWire
import Testing

@Suite("InMemoryTransport")
struct InMemoryTransportTests {
  private static func code(_ body: () throws(TransportError) -> Void) -> TransportError.Code? {
    do {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  private static func send(
    _ bytes: [UInt8], from transport: InMemoryTransport, to destination: Endpoint
  ) throws(TransportError) {
    _ = try unsafe transport.send(bytes.span.bytes, to: destination)
  }

  @Test("gets the endpoint that it asks for, or one of its own")
  func endpoints() throws {
    let network = InMemoryNetwork()
    let wanted = try Endpoint(parsing: "[2001:db8::1]:4000")
    #expect(try network.makeTransport(at: wanted).localEndpoint == wanted)
    let chosen = try network.makeTransport(at: Endpoint(ipv4: 10, 0, 0, 1, port: 0)).localEndpoint
    #expect(chosen.addressText == "10.0.0.1")
    #expect(chosen.port >= 49_152)
    let own = try (0..<10).map { _ in try network.makeTransport().localEndpoint }
    #expect(Set(own).count == 10)
  }

  @Test("two can't have one endpoint, until the first is closed")
  func endpointTaken() throws {
    let network = InMemoryNetwork()
    let endpoint = Endpoint(ipv4: 10, 0, 0, 1, port: 4_000)
    let first = try network.makeTransport(at: endpoint)
    let error = #expect(throws: TransportError.self) { try network.makeTransport(at: endpoint) }
    #expect(error?.code == .bindFailed)
    first.close()
    #expect(try network.makeTransport(at: endpoint).localEndpoint == endpoint)
  }

  @Test("an address runs out of ports and gets them back")
  func ports() throws {
    let network = InMemoryNetwork()
    let transports = try (0..<16_384).map { _ in try network.makeTransport() }
    #expect(Self.code { () throws(TransportError) in _ = try network.makeTransport() } == .bindFailed)
    transports[77].close()
    #expect(try network.makeTransport().localEndpoint == transports[77].localEndpoint)
  }

  @Test("refuses a maximum length that no frame has", arguments: [-1, 65_536])
  func configuration(_ maximum: Int) {
    var configuration = InMemoryTransport.Configuration()
    configuration.maximumFrameLength = maximum
    let error = #expect(throws: TransportError.self) {
      try InMemoryNetwork().makeTransport(configuration: configuration)
    }
    #expect(error?.code == .invalidConfiguration)
  }

  @Test("sends to itself")
  func loop() async throws {
    let transport = try InMemoryNetwork().makeTransport()
    var receiver = try transport.makeReceiver()
    try Self.send([1, 2, 3], from: transport, to: transport.localEndpoint)
    let frame = try await receiver.next()
    #expect(frame.copiedBytes == [1, 2, 3])
    #expect(frame.source == transport.localEndpoint)
  }

  @Test("a frame to nobody counts as sent, and comes back as a report")
  func unreachable() async throws {
    let network = InMemoryNetwork()
    let transport = try network.makeTransport()
    let gone = try network.makeTransport()
    gone.close()
    try Self.send([1], from: transport, to: gone.localEndpoint)
    #expect(transport.counters.framesSent == 1)
    #expect(transport.counters.unreachableReports == 1)
    var events = transport.events.makeAsyncIterator()
    guard case .unreachable(gone.localEndpoint, let reason, let quoted) = await events.next() else {
      Issue.record("no report came")
      return
    }
    #expect(reason.code == .unreachable)
    #expect(unsafe quoted.bytes.withUnsafeBytes { unsafe [UInt8]($0) } == [1])
  }

  @Test("refuses port 0, where nobody can be")
  func portZero() throws {
    let transport = try InMemoryNetwork().makeTransport()
    let code = Self.code { () throws(TransportError) in
      try Self.send([1], from: transport, to: Endpoint(ipv4: 10, 0, 0, 1, port: 0))
    }
    #expect(code == .invalidDestination)
    #expect(transport.counters == TransportCounters())
  }

  @Test("two networks don't know each other")
  func networks() throws {
    let here = try InMemoryNetwork().makeTransport()
    let there = try InMemoryNetwork().makeTransport(at: Endpoint(ipv4: 10, 0, 0, 1, port: 1))
    try Self.send([1], from: here, to: there.localEndpoint)
    #expect(here.counters.unreachableReports == 1)
  }

  @Test("a full receiver loses its oldest frames and counts them, and what is unread at the end")
  func conservation() async throws {
    let network = InMemoryNetwork()
    var configuration = InMemoryTransport.Configuration()
    configuration.receiveQueue.frames = 10
    let sender = try network.makeTransport()
    let slow = try network.makeTransport(configuration: configuration)
    for value in 0..<30 { try Self.send([UInt8(value)], from: sender, to: slow.localEndpoint) }
    #expect(slow.counters.drops[.receiveQueueFull] == 20)
    var receiver = try slow.makeReceiver()
    #expect(try await receiver.receive { _, _ in } == 10)
    for value in 0..<5 { try Self.send([UInt8(value)], from: sender, to: slow.localEndpoint) }
    slow.close()
    #expect(slow.counters.framesReceived == 10)
    #expect(slow.counters.drops[.closedBeforeReading] == 5)
    #expect(sender.counters.framesSent == slow.counters.framesReceived + slow.counters.drops.incoming)
  }

  @Test("lets a test see backpressure after some frames, in both forms of send")
  func backpressure() throws {
    let network = InMemoryNetwork()
    let sender = try network.makeTransport()
    let destination = try network.makeTransport().localEndpoint
    var batch = FrameBatch()
    for value in 0..<3 { #expect(unsafe batch.append([UInt8(value)].span.bytes, to: destination) == true) }
    sender.setSending(.limited(frames: 3))
    try Self.send([9], from: sender, to: destination)
    #expect(try sender.send(contentsOf: batch) == 2)
    #expect(Self.code { () throws(TransportError) in _ = try sender.send(contentsOf: batch) } == .backpressure)
    #expect(
      Self.code { () throws(TransportError) in try Self.send([9], from: sender, to: destination) } == .backpressure)
    #expect(sender.counters.framesSent == 3)
    sender.setSending(.open)
    #expect(try sender.send(contentsOf: batch) == 3)
  }

  @Test("lets a test see a lost and found connection, as errors, events and a counter")
  func reconnecting() async throws {
    let network = InMemoryNetwork()
    let sender = try network.makeTransport()
    let destination = try network.makeTransport().localEndpoint
    sender.setSending(.reconnecting)
    sender.setSending(.reconnecting)
    let code = Self.code { () throws(TransportError) in try Self.send([9], from: sender, to: destination) }
    #expect(code == .reconnecting)
    sender.setSending(.open)
    try Self.send([9], from: sender, to: destination)
    sender.close()
    var events: [String] = []
    for await event in sender.events {
      switch event {
      case .reconnecting(let reason, let attempt, let delay): events.append("\(reason.code) \(attempt) \(delay)")
      case .reconnected: events.append("reconnected")
      case .closed: events.append("closed")
      default: events.append("another")
      }
    }
    #expect(events == ["connection_lost 1 0.0 seconds", "reconnected", "closed"])
    #expect(sender.counters.reconnects == 1)
  }
}
