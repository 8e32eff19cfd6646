import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct ReconnectTests {
  private func echo(_ client: TestClient, _ frame: [UInt8]) async throws {
    try client.send(frame)
    #expect(try await client.next() == frame)
  }

  @Test func `a beacon that restarts is found again, and each change is told with its reason`() async throws {
    var listener = try await TestListener.start()
    let client = try await TestClient.connect(listener.url())
    await client.expectConnected()
    try await echo(client, [1])
    for round in 1...3 {
      await listener.shutDown()
      let reason = try await client.reasonToReconnect()
      #expect(reason.code == .connectionLost)
      #expect(reason.message.contains("1012: \"the beacon shuts down\""))
      #expect(await failure { try client.send([2]) }?.code == .reconnecting)
      listener = try await TestListener.start(address: listener.address)
      try await client.waitUntilReconnected()
      try await echo(client, [UInt8(round)])
      #expect(client.transport.counters.reconnects == UInt64(round))
    }
    client.close()
    await listener.shutDown()
  }

  @Test func `failed attempts are counted, and end nothing`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    for attempt in 1...5 {
      try await server.next().close()
      guard case .reconnecting(let reason, attempt, let delay)? = await client.event() else {
        throw Unexpected("another event than attempt \(attempt)")
      }
      #expect(reason.code == .connectFailed)
      #expect(delay <= .milliseconds(20))
      #expect(await failure { try client.send([1]) }?.code == .reconnecting)
    }
    try await server.nextBeacon().establish()
    await client.expectConnected()
    try client.send([1])
    #expect(client.transport.counters.reconnects == 0)
    client.close()
    await server.stop()
  }

  @Test func `a connection that is lost without a word is dialled again`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let first = try await server.nextBeacon()
    try await first.establish()
    await client.expectConnected()
    first.connection.close()
    #expect(try await client.reasonToReconnect().message.contains("was lost"))
    let second = try await server.nextBeacon()
    try await second.establish()
    await client.expectConnected(again: true)
    try await second.send(.binary([4]))
    #expect(try await client.next() == [4])
    client.close()
    await server.stop()
  }

  @Test func `a beacon that breaks the protocol is left, and dialled again`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    try await beacon.send(.binary([1]), RawFrame(opcode: 2, reserved: 4), .binary([2]))
    #expect(try await client.reasonToReconnect().code == .protocolViolation)
    #expect(try await client.next() == [1])
    try await server.nextBeacon().establish()
    await client.expectConnected(again: true)
    client.close()
    await server.stop()
  }

  @Test(arguments: [false, true])
  func `a connection that is cut silently is noticed, by both ends, and dialled again`(secure: Bool) async throws {
    let files = try TestFiles()
    let tls = secure ? try ServerTLS(certificate: files.path("server"), key: files.path("server-key")) : nil
    let listener = try await TestListener.start(tls: tls) { $0.limits.idleLimit = .seconds(3) }
    let proxy = try await TestProxy.start(to: listener.address)
    let url = WSSURL(isSecure: secure, host: "localhost", port: Int(proxy.address.port))
    let client = try await TestClient.connect(url) {
      $0.trust = .file(files.path("ca"))
      $0.keepalive.interval = .seconds(1)
      $0.keepalive.timeout = .seconds(1)
    }
    await client.expectConnected()
    try await echo(client, [1])
    try await proxy.cut()
    let reason = try await client.reasonToReconnect()
    #expect(reason.code == .connectionLost)
    #expect(reason.message.contains("no sign of life"))
    try await client.waitUntilReconnected()
    try await echo(client, [2])
    try await listener.log.wait { $0.detached.count == 1 }
    client.close()
    await proxy.stop()
    await listener.shutDown()
  }

  @Test func `a refused identity is tried again near the cap, and close ends the wait`() async throws {
    let listener = try await TestListener.start()
    let client = try TestClient.start(listener.url(), key: 8) { $0.backoff.maximum = .seconds(30) }
    guard case .reconnecting(let reason, 1, let delay)? = await client.event() else {
      throw Unexpected("another event")
    }
    #expect(reason.code == .authenticationFailed)
    #expect(delay >= .seconds(15) && delay <= .seconds(30))
    #expect(await failure { try client.send([1]) }?.code == .reconnecting)
    client.close()
    guard case .closed? = await client.event() else { throw Unexpected("another event") }
    #expect(await client.event() == nil)
    await listener.shutDown()
    #expect(listener.log.value.refusals.count == 1)
  }

  @Test func `the newest connection of a node stays, the older one is told and backs off`() async throws {
    let listener = try await TestListener.start()
    let old = try await TestClient.connect(listener.url()) { $0.backoff.maximum = .seconds(30) }
    await old.expectConnected()
    let new = try await TestClient.connect(listener.url())
    guard case .reconnecting(let reason, _, let delay)? = await old.event() else { throw Unexpected("another event") }
    #expect(reason.code == .replaced)
    #expect(reason.message.contains("running twice"))
    #expect(delay >= .seconds(15))
    try await listener.log.wait { $0.detached.count == 1 }
    try await echo(new, [1])
    #expect(listener.log.value.present.count == 1)
    old.close()
    new.close()
    await listener.shutDown()
  }

  @Test func `frames are taken only by a connection that is up, and all that were taken are accounted for`()
    async throws
  {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    var taken: UInt64 = 0
    for _ in 0..<5 {
      let beacon = try await server.nextBeacon()
      #expect(await failure { try client.send([1]) }?.code == .reconnecting)
      try await beacon.establish()
      while true {
        if case .connected? = await client.event() { break }
        if client.transport.counters.reconnects > 0 { break }
      }
      for index in 0..<500 {
        if await failure({ try client.send(pattern(1_200, seed: index)) }) == nil { taken += 1 }
        if index == 250 { beacon.connection.close() }
      }
      while await failure({ try client.send([]) }) == nil {
        taken += 1
        await Task.yield()
      }
    }
    client.close()
    await server.stop()
    let counters = client.transport.counters
    #expect(counters.framesSent + counters.drops.outgoing == taken)
  }
}
