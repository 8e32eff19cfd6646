import NIOCore
import NIOPosix
import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWSS
import PilotWire
import Testing

@testable import PilotBeacon

/// The moment between the end of a peer's connection and the router's hearing of it.
@Suite(.timeLimit(.minutes(1)))
struct GoneConnectionTests {
  @Test("A relay to a WSS peer whose connection has just ended is dropped and counted")
  func isCounted() async throws {
    let connection = try await endedConnection()
    let engine = RelayEngine(Router.Configuration(), seed: 1)
    // Nobody detaches it: to the router it is there.
    _ = engine.attach(connection)
    let totals = RelayTotals()
    let relay = FrameRelay(
      engine: engine, udp: try InMemoryNetwork().makeTransport(), authenticator: NoAuthenticator(), totals: totals,
      submit: { _ in false })
    let frame = Relay(sender: connection.node, destination: connection.node, payload: RawSpan()).encoded()
    for _ in 0..<3 { relay.relay(frame.span.raw, from: connection, at: .now()) }
    relay.flush()
    #expect(engine.statistics.relayed.total == 3)
    #expect(totals.connectionsGone == 3)
  }

  private func endedConnection() async throws -> CompatConnection {
    let (connections, attached) = AsyncStream.makeStream(of: CompatConnection.self)
    let node = try TestNode.id(1)
    let listener = CompatListener(
      CompatListener.Configuration(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0), unixTime: { 1_700_000_000 }),
      keys: StaticKeyDirectory([node: TestBeacon.identity.publicKey]),
      dispatchers: { _ in AttachedPeers(attached) })
    let address = try await listener.start(on: MultiThreadedEventLoopGroup.singleton)
    let transport = try await WSSTransport.connect(
      WSSTransport.Configuration(
        beacon: CompatURL(isSecure: false, host: "127.0.0.1", port: Int(address.port)), node: node,
        identity: TestBeacon.identity))
    var iterator = connections.makeAsyncIterator()
    let connection = await iterator.next()
    transport.close()
    await listener.shutDown()
    return try #require(connection)
  }
}

/// Passes on whose connection was attached.
private final class AttachedPeers: CompatDispatcher {
  private let connections: AsyncStream<CompatConnection>.Continuation

  init(_ connections: AsyncStream<CompatConnection>.Continuation) {
    self.connections = connections
  }

  func attached(_ connection: CompatConnection) { connections.yield(connection) }
  func received(_ frame: RawSpan, on connection: CompatConnection) {}
  func ignored() {}
  func readCompleted(on connection: CompatConnection) {}
  func detached(_ connection: CompatConnection) {}
  func refused(_ refusal: CompatRefusal) {}
}

/// Knows no key, and believes no proof.
private struct NoAuthenticator: DiscoverAuthenticator {
  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? { nil }

  func knownKey(of node: NodeID) -> PublicKey? { nil }

  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool { false }

  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool { false }

  func verifiesGrant(of request: PunchRequest) -> Bool { false }

  func nonce(for probe: EndpointProbe) -> ChallengeToken { ChallengeToken(high: 0, low: 0) }
}
