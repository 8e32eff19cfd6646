import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct SlowPeerTests {
  @Test func `a reader that is slow loses the oldest frames, counted, while pings and close are served`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url) { $0.incoming = FrameQueue.Limits(bytes: 1 << 20, frames: 100) }
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    for index in 0..<1_000 { try await beacon.send(.binary([UInt8(index >> 8), UInt8(index & 0xFF)])) }
    try await beacon.send(.ping([42]))
    #expect(try await beacon.connection.takeFrame() == .pong([42]))
    // The pong is behind all of them.
    #expect(client.transport.counters.drops[.receiveQueueFull] == 900)
    #expect(try await client.next(100) == (900..<1_000).map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
    for _ in 0..<200 { try await beacon.send(.binary([1])) }
    client.close()
    #expect(try await beacon.connection.takeFrame() == .close(WebSocketCloseFrame(.normal)))
    try await beacon.send(.close(1000))
    beacon.connection.close()
    let counters = client.transport.counters
    #expect(counters.framesReceived == 100)
    #expect(await failure { _ = try await client.next() }?.code == .closed)
    await server.stop()
  }

  @Test func `a full outgoing queue is backpressure, soon over when the beacon reads again`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url) {
      $0.outgoing.bytes = 200_000
    }
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    try await beacon.connection.read(false)
    var taken: UInt64 = 0
    // The kernel takes some megabytes before the queue fills; full for good is when it stays so.
    var refusals = 0
    while refusals < 1_000 {
      if let refusal = await failure({ try client.send(pattern(10_000)) }) {
        #expect(refusal.code == .backpressure && refusal.retry == .soon)
        refusals += 1
        await Task.yield()
      } else {
        taken += 1
      }
    }
    var batch = FrameBatch()
    for _ in 0..<3 { _ = batch.append(pattern(10_000), to: .wssBeacon) }
    do throws(TransportError) {
      _ = try client.transport.send(contentsOf: batch)
      Issue.record("a full queue has to refuse a batch")
    } catch {
      #expect(error.code == .backpressure)
    }
    try await beacon.connection.read(true)
    while await failure({ try client.send(pattern(10_000)) }) != nil { await Task.yield() }
    taken += 1
    for _ in 0..<taken { #expect(try await beacon.connection.takeFrame() == .binary(pattern(10_000))) }
    client.close()
    let counters = client.transport.counters
    #expect(counters.drops.outgoing == 0)
    #expect(counters.framesSent == taken)
    await server.stop()
  }

  @Test func `frames past their deadline are dropped and counted when the beacon stops to read`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url) { $0.outgoing.age = .milliseconds(50) }
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    try await beacon.connection.read(false)
    var taken: UInt64 = 0
    while client.transport.counters.drops[.expired] < 100 {
      if await failure({ try client.send(pattern(10_000)) }) == nil { taken += 1 }
      await Task.yield()
    }
    client.close()
    try await beacon.connection.read(true)
    try await beacon.connection.closed()
    let counters = client.transport.counters
    #expect(counters.framesSent + counters.drops.outgoing == taken)
    #expect(counters.drops[.connectionLost] == 0)
    await server.stop()
  }

  @Test func `a peer of the beacon that reads nothing loses its own oldest frames, and holds up nobody`() async throws {
    let listener = try await TestListener.start {
      $0.limits.outgoingBytes = 100_000
      $0.limits.stallLimit = .seconds(3)
    }
    let client = try await TestClient.connect(listener.url(), node: 1)
    let node = try await HandshakingNode.established(at: listener, as: 2)
    try await node.connection.read(false)
    let connection = try await listener.connection(of: 2)
    let frame = pattern(10_000)
    var taken: UInt64 = 0
    // Until the stall limit ends it.
    while connection.send(head: frame.span.raw, body: RawSpan()) {
      taken += 1
      #expect(connection.waitingBytes <= 100_000)
      if taken % 1_000 == 0 {
        try client.send([1])
        #expect(try await client.next() == [1])
      }
      await Task.yield()
    }
    #expect(connection.counts.overflowed > 0)
    try await listener.log.wait { $0.detached == [connection.id] }
    let isConnected = connection.send(head: frame.span.raw, body: RawSpan())
    #expect(!isConnected)
    let counts = connection.counts
    #expect(counts.sent + counts.expired + counts.overflowed + counts.lost == taken)
    try client.send([2])
    #expect(try await client.next() == [2])
    client.close()
    node.connection.close()
    await listener.shutDown()
  }

  @Test func `a peer of the beacon that pings and reads nothing is owed one pong`() async throws {
    let listener = try await TestListener.start { $0.limits.stallLimit = .seconds(30) }
    let node = try await HandshakingNode.established(at: listener)
    let connection = try await listener.connection(of: 7)
    try await node.connection.read(false)
    let frame = pattern(30_000)
    while connection.counts.overflowed == 0 { _ = connection.send(head: frame.span.raw, body: RawSpan()) }
    for index in 0..<2_000 { try await node.send(.ping([UInt8(index & 0xFF)])) }
    try await node.connection.read(true)
    var pongs = 0
    while true {
      guard case .pong(let payload) = try await node.connection.takeFrame() else { continue }
      pongs += 1
      if payload == [UInt8(1_999 & 0xFF)] { break }
    }
    #expect(pongs < 200)
    node.connection.close()
    await listener.shutDown()
  }
}
