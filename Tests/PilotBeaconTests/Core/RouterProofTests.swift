import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Nodes that prove who they are over UDP.
struct RouterProofTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let thief = Endpoint.test(66)
  private let key: PublicKey
  private let authenticator: FakeAuthenticator

  init() throws {
    key = try .test(0xAA)
    authenticator = FakeAuthenticator(keys: [node: key])
  }

  /// What the driver sends for a Discover with a key, or nil if it isn't invited to, or the key is not the known one.
  private func challenge(
    _ harness: inout RouterHarness, from endpoint: Endpoint, key: PublicKey? = nil, ex: Bool = false
  ) -> DiscoverChallenge? {
    let key = key ?? self.key
    let frame =
      ex ? DiscoverEx(node: node, publicKey: key).encoded() : Discover(node: node, publicKey: key).encoded()
    guard case .answer(let answer) = harness.frame(frame, from: .udp(endpoint)), answer.invitesProof,
      let offer = Router.offer(in: frame.span.raw, at: harness.now)
    else { return nil }
    return authenticator.challenge(offer.node, offering: offer.key, stamp: offer.stamp, to: endpoint)
  }

  /// The owner's proof, taken through router and authenticator as a driver does. Returns what the router said last.
  private func prove(
    _ harness: inout RouterHarness, _ challenge: DiscoverChallenge, from endpoint: Endpoint, by owner: PublicKey? = nil
  ) throws -> DiscoverAnswer? {
    let signature = FakeAuthenticator.signature(of: challenge, by: owner ?? key)
    let frame = DiscoverProof(challenge: challenge, signature: signature).encoded()
    guard case .verifyProof(let source) = harness.frame(frame, from: .udp(endpoint)) else { return nil }
    #expect(source == endpoint)
    let proof = try DiscoverProof(parsing: frame.span.raw)
    guard authenticator.verifies(proof, from: source) else {
      harness.router.proofFailed()
      return nil
    }
    return harness.router.proven(proof, from: source, at: harness.now)
  }

  private func proveHome(_ harness: inout RouterHarness, ex: Bool = false) throws {
    let challenge = try #require(challenge(&harness, from: home, ex: ex))
    let answer = try prove(&harness, challenge, from: home)
    #expect(answer == DiscoverAnswer(to: .udp(home)))
  }

  @Test func aProofTakesTheNodeBackFromWhoClaimedItFirst() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(thief))
    let challenge = try #require(challenge(&harness, from: home))
    harness.expectUDP(node, at: thief)
    let answer = try prove(&harness, challenge, from: home)
    #expect(answer == DiscoverAnswer(to: .udp(home)))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofsAccepted, 1)
  }

  @Test func onlyTheKnownKeyIsChallenged() throws {
    var harness = RouterHarness()
    #expect(challenge(&harness, from: thief, key: try .test(0xBB)) == nil)
    expect(harness.discover(node, from: .udp(thief)), .reply(.udp(thief)))
    let short = Discover(node: node).encoded()
    #expect(Router.offer(in: short.span.raw, at: harness.now) == nil)
    #expect(Router.offer(in: [UInt8]().span.raw, at: harness.now) == nil)
  }

  @Test func aProvenNodeStandsAgainstEveryUnprovenClaim() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.advance(.seconds(599))
    expect(harness.discover(node, from: .udp(thief)), .reply(.udp(thief)))
    expect(harness.router.unreachable(home, at: harness.now), nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.discovers[.refusedProven], 1)
    harness.advance(.seconds(1))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: thief)
  }

  @Test func discoverProlongsAProvenNodeWithoutAnotherProof() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.advance(.seconds(500))
    expect(harness.discover(node, from: .udp(home), key: key), .reply(.udp(home)))
    harness.advance(.seconds(500))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: home)
  }

  @Test func aProvenNodeMovesByProofAtOnce() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.advance(.nanoseconds(2))
    for number in 2...5 as ClosedRange<UInt32> {
      let challenge = try #require(challenge(&harness, from: .test(number)))
      #expect(try prove(&harness, challenge, from: .test(number)) != nil)
      harness.expectUDP(node, at: .test(number))
      harness.advance(.nanoseconds(2))
    }
  }

  @Test func anOverheardProofCannotTakeTheNodeBack() throws {
    var harness = RouterHarness()
    let first = try #require(challenge(&harness, from: home))
    _ = try prove(&harness, first, from: home)
    harness.advance(.seconds(1))
    let second = try #require(challenge(&harness, from: .test(2)))
    _ = try prove(&harness, second, from: .test(2))
    harness.advance(.seconds(1))
    #expect(try prove(&harness, first, from: home) == nil)
    harness.expectUDP(node, at: .test(2))
    expect(harness.statistics.proofsSuperseded, 1)
  }

  @Test func aProofFromTheInstantOfAnotherIsNoNews() throws {
    var harness = RouterHarness()
    let first = try #require(challenge(&harness, from: home))
    let second = try #require(challenge(&harness, from: .test(2)))
    _ = try prove(&harness, second, from: .test(2))
    #expect(try prove(&harness, first, from: home) == nil)
    harness.expectUDP(node, at: .test(2))
  }

  @Test func aProofEndsAClaimThatWaitsForICMP() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home))
    expect(harness.discover(node, from: .udp(thief)), .reply(.udp(thief), probing: home))
    try proveHome(&harness)
    expect(harness.router.unreachable(home, at: harness.now), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func theTokenHoldsForItsEndpointOnly() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    #expect(try prove(&harness, challenge, from: thief) == nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofsFailed, 1)
  }

  @Test func anotherKeysSignatureIsRefused() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home))
    let challenge = try #require(challenge(&harness, from: thief))
    #expect(try prove(&harness, challenge, from: thief, by: try .test(0xBB)) == nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofsFailed, 1)
  }

  @Test func aChallengeEndsAfterThirtySeconds() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    let proof = DiscoverProof(challenge: challenge, signature: FakeAuthenticator.signature(of: challenge, by: key))
    harness.advance(.seconds(30))
    expect(harness.frame(proof.encoded(), from: .udp(home)), .verifyProof(from: home))
    harness.advance(.nanoseconds(1))
    expect(harness.frame(proof.encoded(), from: .udp(home)), .drop(.proofExpired))
    harness.now = .start
    expect(harness.frame(proof.encoded(), from: .udp(home)), .drop(.proofExpired))
  }

  @Test func discoverExIsRememberedThroughTheProof() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(thief))
    try proveHome(&harness, ex: true)
    harness.expectUDP(node, at: home, ex: true)
  }

  @Test func aProvenNodeMayAlsoBeAttached() throws {
    var harness = RouterHarness()
    let connection = ConnectionID(rawValue: 1)
    _ = harness.router.attach(node: node, connection: connection)
    try proveHome(&harness)
    expect(harness.route(to: node), .deliverCompat(connection, .short(sender: .test(0xFFFF))))
    expect(
      harness.relay(node, to: node, from: .udp(home)), .deliverCompat(connection, .short(sender: node)))
    expect(harness.discover(node, from: .udp(home)), .reply(.udp(home)))
    harness.router.detach(node: node, connection: connection)
    harness.expectUDP(node, at: home)
    _ = harness.router.attach(node: node, connection: connection)
    harness.router.detach(node: node, connection: connection)
    harness.expectUDP(node, at: home)
  }

  @Test func aProofOverWSSIsDropped() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    let proof = DiscoverProof(challenge: challenge, signature: FakeAuthenticator.signature(of: challenge, by: key))
    _ = harness.router.attach(node: node, connection: ConnectionID(rawValue: 1))
    expect(harness.frame(proof.encoded(), from: .compat(1, node)), .drop(.proofOverCompat))
  }
}
