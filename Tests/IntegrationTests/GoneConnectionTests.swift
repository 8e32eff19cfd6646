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
    let connection = try await TestBeacon.endedConnection()
    let engine = RelayEngine(RouterConfiguration(), seed: 1)
    let totals = RelayTotals()
    let relay = FrameRelay(
      engine: engine, udp: try InMemoryNetwork().makeTransport(), authenticator: NoAuthenticator(), totals: totals,
      submit: { _ in false })
    // Nobody detaches it: to the router it is there.
    relay.attach(connection, at: .now())
    let frame = Relay(sender: connection.node, destination: connection.node, payload: RawSpan()).encoded()
    for _ in 0..<3 { relay.relay(frame.span.raw, from: connection, at: .now()) }
    relay.flush()
    #expect(engine.statistics.relayed.total == 3)
    #expect(totals.connectionsGone == 3)
  }

  @Test("A relay to a peer whose connection has just ended goes over UDP if the node has proven to be there")
  func goesOverUDP() async throws {
    let connection = try await TestBeacon.endedConnection()
    let engine = RelayEngine(RouterConfiguration(), seed: 1)
    let totals = RelayTotals()
    let network = InMemoryNetwork()
    let node = try network.makeTransport()
    let relay = FrameRelay(
      engine: engine, udp: try network.makeTransport(), authenticator: NoAuthenticator(), totals: totals,
      submit: { _ in false })
    relay.attach(connection, at: .now())
    var turn = RelayEngine.Turn()
    let challenge = DiscoverChallenge(
      node: connection.node, stamp: ChallengeStamp(at: .now(), wantsDestination: true),
      token: ChallengeToken(high: 0, low: 0))
    let name = try #require(BeaconName(node.localEndpoint))
    let proof = try TestBeacon.identity.proof(of: challenge, dialling: name)
    engine.tell(&turn) {
      $0.verified(.proof(ProofJob(proof, from: node.localEndpoint)), holds: true, at: .now())
    }
    let payload: [UInt8] = [1, 2, 3]
    let frame = Relay(sender: connection.node, destination: connection.node, payload: payload.span.raw).encoded()
    relay.relay(frame.span.raw, from: connection, at: .now())
    relay.flush()
    #expect(totals.detours == 1)
    #expect(totals.connectionsGone == 0)
    var receiver = try node.makeReceiver()
    let received = try await receiver.next()
    let delivery = try RelayDeliverDest(parsing: received.bytes)
    #expect(delivery.sender == connection.node && delivery.payload.copied() == payload)
  }
}

/// Knows no key, and believes no proof.
private struct NoAuthenticator: DiscoverAuthenticator {
  func challenge(
    _ node: NodeID, offering key: PublicKey, stamp: ChallengeStamp, to endpoint: Endpoint
  ) -> DiscoverChallenge? { nil }

  func knownKey(of node: NodeID) -> PublicKey? { nil }

  func fetchKey(of node: NodeID) {}

  func hasMade(_ challenge: DiscoverChallenge, for endpoint: Endpoint) -> Bool { false }

  func isOwn(_ name: BeaconName, at local: LocalAddress) -> Bool { false }
  func verifies(_ proof: DiscoverProof, by key: PublicKey) -> Bool { false }

  func verifiesGrant(of request: PunchRequest) -> Bool { false }

  func nonce(for probe: EndpointProbe) -> ChallengeToken { ChallengeToken(high: 0, low: 0) }
}
