import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Peers that come over from the beacon before while frames from and for them are on their way between the two.
struct PeersAtPredecessorTests {
  private static let mover = NodeID.test(11)
  private static let other = NodeID.test(12)

  private let engine = RelayEngine(RouterConfiguration(), seed: 7)
  private let totals = RelayTotals()
  /// To the beacon before: nobody has started it, so that it only counts.
  private let link = PeerLink()
  private let peers: PeersAtPredecessor

  /// The mover has connection 4 there, and the other one 6.
  init() throws {
    let relay = FrameRelay(
      engine: engine, udp: try InMemoryNetwork().makeTransport(), authenticator: FakeAuthenticator(keys: [:]),
      totals: totals, submit: { _ in false })
    engine.follow(link)
    peers = PeersAtPredecessor(engine: engine, relay: relay, [(4, Self.peer(Self.mover)), (6, Self.peer(Self.other))])
  }

  private static func peer(_ node: NodeID) -> PeerLinkMessage.Peer {
    PeerLinkMessage.Peer(node: node, isOwn: true, wantsDestination: false, remote: .test(1))
  }

  /// The mover has a newer connection.
  private func move() throws {
    let bytes = Self.peer(Self.mover).encoded
    try peers.received(.attached, of: 5, bytes.span.raw)
  }

  private func receive(over connection: UInt64) throws {
    let payload: [UInt8] = [1]
    let frame = Relay(sender: Self.mover, destination: Self.other, payload: payload.span.raw).encoded()
    try peers.received(.received, of: connection, frame.span.raw)
    peers.drained()
  }

  private func fail(over connection: UInt64) throws {
    let frame: [UInt8] = [0, 0, 0, 12, 7, 7]
    try peers.received(.undelivered, of: connection, frame.span.raw)
    peers.drained()
  }

  @Test func whatANodeHasSentBeforeItMovedIsRelayed() throws {
    try move()
    try receive(over: 4)
    #expect(engine.statistics.drops.total == 0)
    #expect(link.passed == 1)
  }

  @Test func andSoIsWhatComesBehindTheEndOfItsConnection() throws {
    try move()
    try peers.received(.detached, of: 4, RawSpan())
    try receive(over: 4)
    #expect(link.passed == 1)
    #expect(totals.connectionsGone == 0)
  }

  @Test func whoeverIsNowhereIsNotBelieved() throws {
    try peers.received(.detached, of: 4, RawSpan())
    try receive(over: 4)
    #expect(link.passed == 0)
    #expect(engine.statistics.drops[.staleConnection] == 1)
  }

  @Test func whatWasToGoOverAConnectionThatHasEndedGoesOverTheNext() throws {
    try move()
    try fail(over: 4)
    #expect(link.passed == 1)
    #expect(totals.connectionsGone == 0)
  }

  @Test func whatCanNotGoAnywhereIsCounted() throws {
    try fail(over: 4)
    #expect(link.passed == 0)
    #expect(totals.connectionsGone == 1)
  }

  @Test(arguments: [PeerLinkMessage.Kind.deliver, .replaced]) func whatOnlyTheNewOneSaysEndsTheLink(
    _ kind: PeerLinkMessage.Kind
  ) {
    let bytes: [UInt8] = [0, 0, 0, 1, 2]
    #expect(throws: HandoverError.message) { try peers.received(kind, of: 4, bytes.span.raw) }
  }
}
