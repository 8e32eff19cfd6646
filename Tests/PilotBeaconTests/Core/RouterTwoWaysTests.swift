import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Nodes that are attached over WSS and have proven to be over UDP as well.
struct RouterTwoWaysTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let thief = Endpoint.test(66)
  private let connection = ConnectionID(rawValue: 1)
  private let key: PublicKey
  private let authenticator: FakeAuthenticator

  init() throws {
    key = try .test(0xAA)
    authenticator = FakeAuthenticator(keys: [node: key])
  }

  /// The node proves to be at home, from its Discover to the answer.
  private func prove(_ harness: inout RouterHarness) throws {
    expect(harness.discover(node, from: .udp(home), key: key), .reply(.udp(home), invites: true))
    let found = harness.offer
    let offer = try #require(found)
    let challenge = try #require(
      authenticator.challenge(offer.node, offering: offer.key, stamp: offer.stamp, to: offer.endpoint))
    expect(harness.proven(FakeAuthenticator.proof(of: challenge, by: key), from: home), .udp(home))
  }

  /// A router that knows both ways, in either order.
  private func twoWays(attachesFirst: Bool = true) throws -> RouterHarness {
    var harness = RouterHarness()
    if !attachesFirst { try prove(&harness) }
    harness.attach(node: node, connection: connection)
    if attachesFirst { try prove(&harness) }
    expect(harness.statistics.nodes, 1)
    expect(harness.statistics.wssPeers, 1)
    return harness
  }

  @Test(arguments: [true, false])
  func itSpeaksFromBothAndGetsAllOverWSSUntilThatEnds(attachesFirst: Bool) throws {
    var harness = try twoWays(attachesFirst: attachesFirst)
    let toWSS = Reaction.deliverWSS(connection, DeliverHeader(sender: node))
    expect(harness.relay(node, to: node, from: .udp(home)), toWSS)
    expect(harness.relay(node, to: node, from: .wss(connection, node)), toWSS)
    expect(harness.detach(node: node, connection: connection), true)
    expect(harness.relay(node, to: node, from: .udp(home)), .deliverUDP(home, DeliverHeader(sender: node)))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.continuedOverUDP, 1)
  }

  @Test func itsDiscoverOverUDPIsAnsweredChallengedAndRefreshedByProofsAlone() throws {
    var harness = try twoWays()
    expect(harness.statistics.discovers[.refusedAttached], 1)
    expect(harness.discover(node, from: .udp(home)), .reply(.udp(home)))
    expect(harness.statistics.discovers[.refreshed], 1)
    harness.advance(.seconds(400))
    try prove(&harness)
    harness.advance(.seconds(500))
    harness.detach(node: node, connection: connection)
    harness.expectUDP(node, at: home)
  }

  @Test func aWayThatHasRunOutTakesNothingOver() throws {
    var harness = try twoWays()
    harness.advance(.seconds(600))
    expect(harness.relay(node, to: node, from: .udp(home)), .drop(.senderUnknown))
    harness.detach(node: node, connection: connection)
    harness.expectNowhere(node)
    expect(harness.statistics.continuedOverUDP, 0)
  }

  @Test func aStrangersDiscoverChangesNothingThatAnybodySees() throws {
    var harness = try twoWays()
    for hasKey in [false, true] {
      expect(
        harness.discover(node, from: .udp(thief), key: hasKey ? key : nil), .reply(.udp(thief), invites: hasKey))
    }
    expect(harness.relay(node, to: node, from: .udp(thief)), .drop(.senderMismatch))
    expect(harness.route(to: node), .deliverWSS(connection, DeliverHeader(sender: .test(0xFFFF))))
    harness.detach(node: node, connection: connection)
    harness.expectUDP(node, at: home)
  }

  @Test func eachWayKeepsItsOwnKindOfDelivery() throws {
    var harness = try twoWays()
    harness.discover(node, from: .wss(connection, node), ex: true)
    let sender = NodeID.test(0xFFFF)
    expect(harness.route(to: node), .deliverWSS(connection, DeliverHeader(sender: sender, destination: node)))
    harness.detach(node: node, connection: connection)
    harness.expectUDP(node, at: home)
  }

  @Test func itMayAskForAPunchFromBoth() throws {
    var harness = try twoWays()
    harness.discover(.test(8), from: .udp(test: 2))
    let request = PunchRequest(requester: node, target: .test(8), grant: nil).encoded()
    let told = Reaction.outputs([
      .punch(.wss(connection), PunchCommand(endpoint: .test(2))),
      .punch(.udp(.test(2)), PunchCommand(endpoint: home)),
    ])
    expect(harness.frame(request, from: .udp(home)), told)
    expect(harness.frame(request, from: .wss(connection, node)), told)
  }

  @Test(arguments: [true, false])
  func aKeyThatIsRevokedEndsBoth(allAreRevoked: Bool) throws {
    var harness = try twoWays()
    if allAreRevoked { harness.router.revokeAll() } else { harness.router.revoke(node) }
    expect(harness.statistics.revocations, 1)
    expect(harness.statistics.nodes, 0)
    expect(harness.relay(node, to: node, from: .udp(home)), .drop(.senderUnknown))
    // The driver closes the connection.
    harness.detach(node: node, connection: connection)
    harness.expectNowhere(node)
    expect(harness.statistics.continuedOverUDP, 0)
  }

  @Test func theEndOfAReplacedConnectionHandsNothingOver() throws {
    var harness = try twoWays()
    let newer = ConnectionID(rawValue: 2)
    harness.attach(node: node, connection: newer)
    harness.detach(node: node, connection: connection)
    expect(harness.statistics.continuedOverUDP, 0)
    expect(harness.route(to: node), .deliverWSS(newer, DeliverHeader(sender: .test(0xFFFF))))
  }

  @Test func aFrameWhoseConnectionHasEndedGoesOverUDPIfTheNodeHasProvenToBeThere() throws {
    var harness = try twoWays()
    let sender = NodeID.test(9)
    let frame = Relay(sender: sender, destination: node, payload: RawSpan()).encoded()
    let before = harness.statistics
    expect(
      harness.router.detour(of: frame.span.raw, at: harness.now), .deliver(.udp(home), DeliverHeader(sender: sender)))
    expect(harness.statistics, before)
    harness.router.revokeAll()
    expect(harness.router.detour(of: frame.span.raw, at: harness.now), nil)
    harness.detach(node: node, connection: connection)
    harness.discover(node, from: .udp(thief))
    expect(harness.router.detour(of: frame.span.raw, at: harness.now), nil)
  }
}
