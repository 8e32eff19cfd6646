import PilotTesting
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Which subprotocol a node and a beacon agree on, and what each learns of the other by it.
@Suite(.timeLimit(.minutes(1)))
struct SubprotocolTests {
  private static let name = HostPort(host: "127.0.0.1")

  @Test func `a node and a beacon that knows its name speak pilot.v2, and know each other by it`() async throws {
    let listener = try await TestListener.start { $0.names = BeaconNames([Self.name]) }
    let client = try await TestClient.connect(listener.url())
    #expect(client.transport.beaconIsOwn == true)
    #expect(try await listener.connection(of: 7).isOwn)
    try client.send([1])
    #expect(try await client.next() == [1])
    client.close()
    await listener.shutDown()
  }

  @Test func `a beacon that doesn't know its name speaks pilot.v1`() async throws {
    let listener = try await TestListener.start { $0.names = BeaconNames() }
    let client = try await TestClient.connect(listener.url())
    #expect(client.transport.beaconIsOwn == false)
    #expect(try await !listener.connection(of: 7).isOwn)
    client.close()
    await listener.shutDown()
  }

  @Test func `a deployed node is let in by a beacon that knows its name`() async throws {
    let listener = try await TestListener.start { $0.names = BeaconNames([Self.name]) }
    let node = try await HandshakingNode.established(at: listener)
    #expect(try await !listener.connection(of: 7).isOwn)
    try await node.send(.binary([5]))
    guard case .binary([5]) = try await node.connection.takeFrame() else { throw Unexpected("no echo") }
    node.connection.close()
    await listener.shutDown()
  }

  @Test func `a node whose beacon isn't called so is refused, and told of --name`() async throws {
    let listener = try await TestListener.start { $0.names = BeaconNames([HostPort(host: "beacon.example")]) }
    let proxy = try await TestProxy.start(to: listener.address)
    let url = WSSURL(isSecure: false, host: "127.0.0.1", port: Int(proxy.address.port))
    let error = await failure { _ = try await TestClient.connect(url) }
    #expect(error?.code == .authenticationFailed)
    #expect(error?.message.contains("not know that it is 127.0.0.1:\(url.port) (its --name)") == true)
    #expect(listener.log.value.refusals.map(\.reason) == [.wrongBeacon])
    await proxy.stop()
    await listener.shutDown()
  }

  @Test func `a beacon that has spoken pilot.v2 is offered nothing less again`() async throws {
    let server = try await RawServer.start()
    let known = KnownBeacons()
    let client = try TestClient.start(server.url) { $0.knownBeacons = known }
    let beacon = try await server.nextBeacon()
    try await beacon.upgradeToV2()
    try await beacon.challenge(try TestIdentities.challenge())
    let reply = try await beacon.takeReply()
    #expect(reply.beacon?.port == server.address.port)
    #expect(!known.contains(try #require(server.url.name)), "not before the beacon has let it in")
    try await beacon.send(.text(AuthOK().json))
    await client.expectConnected()
    beacon.connection.close()
    _ = try await client.reasonToReconnect()

    // Somebody else is there now, who wants a signature that is good anywhere.
    let request = try await server.nextBeacon().upgrade()
    #expect(request.contains("\r\nSec-WebSocket-Protocol: pilot.v2\r\n"))
    let reason = try await client.reasonToReconnect()
    #expect(reason.code == .upgradeRefused)
    #expect(reason.message.contains("isn't pilot.v2"))
    client.close()
    // So it is for every transport of the process.
    let other = try TestClient.start(server.url, node: 8) { $0.knownBeacons = known }
    while true {
      let request = try await server.nextBeacon().upgrade()
      if request.contains("pilot.v1") { Issue.record("pilot.v1 was offered again") }
      if case .reconnecting? = await other.event() { break }
    }
    other.close()
    await server.stop()
  }

  @Test func `a node that demands a name is spoken to with one, or not at all`() async throws {
    let nameless = try await TestListener.start { $0.names = BeaconNames() }
    let refusal = await failure {
      _ = try await TestClient.connect(nameless.url()) { $0.requiresBeaconName = true }
    }
    #expect(refusal?.code == .upgradeRefused)
    #expect(refusal?.message.contains("doesn't offer the subprotocol pilot.v1") == true)
    await nameless.shutDown()
    let named = try await TestListener.start { $0.names = BeaconNames([Self.name]) }
    let client = try await TestClient.connect(named.url()) { $0.requiresBeaconName = true }
    #expect(client.transport.beaconIsOwn == true)
    client.close()
    await named.shutDown()
  }

  @Test func `a challenge without a time is none in pilot.v2`() async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.upgradeToV2()
    try await beacon.challenge(try TestIdentities.challenge(at: nil))
    guard case .close(let close) = try await beacon.connection.takeFrame() else { throw Unexpected("no Close") }
    #expect(close.code == .policyViolation)
    client.close()
    await server.stop()
  }

  @Test func `what is known is bounded`() throws {
    let known = KnownBeacons()
    let names = try (1...1_025 as ClosedRange<UInt16>).map {
      try #require(BeaconName(host: "beacon.example", port: $0))
    }
    for name in names { known.insert(name) }
    for name in names { known.insert(name) }
    #expect(names.filter { known.contains($0) }.count == KnownBeacons.capacity)
  }
}
