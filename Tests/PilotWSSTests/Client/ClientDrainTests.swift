import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// A client whose beacon says that it is about to end.
@Suite(.timeLimit(.minutes(1)))
struct ClientDrainTests {
  private static let atOnce = DrainNotice(comeBack: .atOnce)?.json ?? ""

  private func expectDraining(_ client: TestClient, at location: SourceLocation = #_sourceLocation) async {
    let event = await client.event()
    guard case .draining? = event else {
      Issue.record("expected .draining, got \(String(describing: event))", sourceLocation: location)
      return
    }
  }

  private func place(_ client: TestClient, at location: SourceLocation = #_sourceLocation) async -> String? {
    let event = await client.event()
    guard case .moved(let place)? = event else {
      Issue.record("expected .moved, got \(String(describing: event))", sourceLocation: location)
      return nil
    }
    return place
  }

  @Test func `it is connected again before it leaves, and nothing is lost on either connection`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let first = try await server.nextBeacon()
    try await first.establish(.v2)
    await client.expectConnected()
    try await first.send(.text(Self.atOnce))
    await expectDraining(client)
    let second = try await server.nextBeacon()
    // It speaks over the first one until the second one is up.
    try client.send([1])
    guard case .binary([1]) = try await first.connection.takeFrame() else { throw Unexpected("another frame") }
    try await second.establish(.v2)
    #expect(await place(client) == server.url.description)
    try client.send([2])
    guard case .binary([2]) = try await second.connection.takeFrame() else { throw Unexpected("another frame") }
    guard case .close(let close) = try await first.connection.takeFrame() else { throw Unexpected("no Close") }
    #expect(close.code == .normal)
    // What was on its way when it left arrives.
    try await first.send(.binary([3]), .close(1000))
    #expect(try await client.next() == [3])
    try await second.send(.binary([4]))
    #expect(try await client.next() == [4])
    #expect(client.transport.counters.drops == .init())
    #expect(client.transport.counters.framesSent == 2)
    client.close()
    await server.stop()
  }

  @Test func `it goes where it is sent, for one connection, and is back where it dials when that ends`() async throws {
    let (home, other) = (try await RawServer.start(), try await RawServer.start())
    let client = try TestClient.start(home.url)
    let first = try await home.nextBeacon()
    try await first.establish(.v2)
    await client.expectConnected()
    let notice = try #require(DrainNotice(comeBack: .atOnce, place: other.url.description))
    try await first.send(.text(notice.json))
    await expectDraining(client)
    let second = try await other.nextBeacon()
    try await second.establish(.v2)
    #expect(await place(client) == other.url.description)
    second.connection.close()
    _ = try await client.reasonToReconnect()
    let third = try await home.nextBeacon()
    try await third.establish(.v2)
    await client.expectConnected(again: true)
    client.close()
    await home.stop()
    await other.stop()
  }

  @Test func `a place that doesn't speak pilot.v2 isn't one, and the connection from before stays`() async throws {
    let (home, other) = (try await RawServer.start(), try await RawServer.start())
    let client = try TestClient.start(home.url)
    let first = try await home.nextBeacon()
    try await first.establish(.v2)
    await client.expectConnected()
    let notice = try #require(DrainNotice(comeBack: .atOnce, place: other.url.description))
    try await first.send(.text(notice.json))
    await expectDraining(client)
    let wrong = try await other.nextBeacon()
    let request = try await wrong.upgrade()
    #expect(!request.contains("pilot.v1"))
    try await wrong.connection.closed()
    try client.send([1])
    guard case .binary([1]) = try await first.connection.takeFrame() else { throw Unexpected("another frame") }
    client.close()
    await home.stop()
    await other.stop()
  }

  @Test func `what comes before auth_ok, over pilot.v1 with a place, or is broken, moves nothing and is counted`()
    async throws
  {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let first = try await server.nextBeacon()
    try await first.establish(.v1)
    await client.expectConnected()
    try await first.send(
      .text(#"{"type":"drain","from_ms":0,"until_ms":0,"to":"\#(server.url)"}"#),
      .text(#"{"type":"drain","from_ms":2,"until_ms":1}"#), .text(#"{"type":"drain"}"#), .text("drain"), .binary([9]))
    // On an ordered connection what comes last shows that the others were seen.
    #expect(try await client.next() == [9])
    #expect(client.transport.counters.drops[.malformed] == 4)
    client.close()
    await server.stop()
    let early = try await RawServer.start()
    let other = try TestClient.start(early.url)
    let beacon = try await early.nextBeacon()
    try await beacon.upgrade()
    try await beacon.send(.text(Self.atOnce))
    try await beacon.challenge(try TestIdentities.challenge(at: 1_000))
    _ = try await beacon.takeReply()
    try await beacon.send(.text(AuthOK().json), .binary([8]))
    await other.expectConnected()
    #expect(try await other.next() == [8])
    other.close()
    await early.stop()
  }

  @Test func `closed while the other connection is being made, it waits for that one`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let first = try await server.nextBeacon()
    try await first.establish(.v2)
    await client.expectConnected()
    try await first.send(.text(Self.atOnce))
    await expectDraining(client)
    let second = try await server.nextBeacon()
    try await first.send(.close(1012))
    guard case .close = try await first.connection.takeFrame() else { throw Unexpected("no Close") }
    first.connection.close()
    try await second.establish(.v2)
    #expect(await place(client) == server.url.description)
    client.close()
    await server.stop()
  }
}
