import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// A transport that is put to rest and dialled again.
@Suite(.timeLimit(.minutes(1)))
struct RestTests {
  private func expectResting(_ client: TestClient, at location: SourceLocation = #_sourceLocation) async {
    let event = await client.event()
    guard case .resting? = event else {
      Issue.record("expected .resting, got \(String(describing: event))", sourceLocation: location)
      return
    }
    let error = await failure { try client.send([1]) }
    #expect(error?.code == .unreachable, sourceLocation: location)
    #expect(error?.retry == .afterEvent, sourceLocation: location)
  }

  @Test func `what was sent before leaves, what the beacon sends until its Close comes, and nothing is lost`()
    async throws
  {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    await client.expectConnected()
    for number in 1...100 { try client.send([UInt8(number)]) }
    client.transport.rest()
    for number in 1...100 {
      guard case .binary([UInt8(number)]) = try await beacon.connection.takeFrame() else {
        throw Unexpected("another frame than \(number)")
      }
    }
    guard case .close(let close) = try await beacon.connection.takeFrame() else { throw Unexpected("no Close") }
    #expect(close.code == .normal)
    try await beacon.send(.binary([1]), .binary([2]), .close(1000))
    #expect(try await client.next(2) == [[1], [2]])
    await expectResting(client)
    #expect(client.transport.counters.drops == .init())
    #expect(client.transport.counters.framesSent == 100)
    client.close()
    await server.stop()
  }

  @Test func `its receiver serves the next connection, which is a first one`() async throws {
    let listener = try await TestListener.start()
    let client = try await TestClient.connect(listener.url())
    await client.expectConnected()
    for round in 1...3 {
      client.transport.rest()
      await expectResting(client)
      client.transport.dial()
      await client.expectConnected()
      try client.send([UInt8(round)])
      #expect(try await client.next() == [UInt8(round)])
    }
    #expect(client.transport.counters.reconnects == 0)
    client.close()
    await listener.shutDown()
  }

  @Test func `it begins at rest where that is wanted, and dials when it is told`() async throws {
    let server = try await RawServer.start()
    let transport = try WSSTransport.start(TestClient.configuration(server.url), dialing: false)
    let client = try TestClient(transport)
    #expect(await failure { try client.send([1]) }?.code == .unreachable)
    transport.rest()
    transport.dial()
    transport.dial()
    try await server.nextBeacon().establish()
    await client.expectConnected()
    client.close()
    await server.stop()
  }

  @Test func `an attempt under way ends, and so does the wait for one`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url) {
      $0.backoff.initial = .seconds(600); $0.backoff.maximum = .seconds(600)
    }
    let first = try await server.next()
    client.transport.rest()
    await expectResting(client)
    try await first.closed()
    client.transport.dial()
    try await server.next().close()
    _ = try await client.reasonToReconnect()
    client.transport.rest()
    await expectResting(client)
    // The delay is over with it: who dials again isn't kept waiting.
    client.transport.dial()
    try await server.nextBeacon().establish()
    await client.expectConnected()
    client.close()
    await server.stop()
  }
}
