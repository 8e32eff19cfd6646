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
    let frame = Discover(node: node, publicKey: key, wantsDestination: ex).encoded()
    harness.frame(frame, from: .udp(endpoint))
    guard let offer = harness.offer else { return nil }
    return authenticator.challenge(offer.node, offering: offer.key, stamp: offer.stamp, to: endpoint)
  }

  /// The owner's proof, taken through router and authenticator as a driver does. Returns what the router said last.
  private func prove(
    _ harness: inout RouterHarness, _ challenge: DiscoverChallenge, from endpoint: Endpoint, by owner: PublicKey? = nil
  ) throws -> Hop? {
    let frame = FakeAuthenticator.proof(of: challenge, by: owner ?? key).encoded()
    harness.frame(frame, from: .udp(endpoint))
    guard case .checkToken(let job)? = harness.jobs.first else { return nil }
    #expect(job == ProofJob(try DiscoverProof(parsing: frame.span.raw), from: endpoint))
    harness.router.checkedToken(of: job, authenticator.check(job), at: harness.now)
    guard let next = harness.router.nextJob() else { return nil }
    #expect(next == .verify(.proof(job)))
    guard authenticator.accepts(job.proof, from: endpoint) else {
      harness.router.verified(.proof(job), holds: false, at: harness.now)
      return nil
    }
    return harness.proven(job.proof, from: endpoint)
  }

  private func proveHome(_ harness: inout RouterHarness, ex: Bool = false, after pause: Duration = .zero) throws {
    harness.advance(pause)
    let challenge = try #require(challenge(&harness, from: home, ex: ex))
    let answer = try prove(&harness, challenge, from: home)
    #expect(answer == .udp(home))
  }

  @Test func aProofTakesTheNodeBackFromWhoClaimedItFirst() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(thief))
    let challenge = try #require(challenge(&harness, from: home))
    harness.expectUDP(node, at: thief)
    let answer = try prove(&harness, challenge, from: home)
    #expect(answer == .udp(home))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofs[.accepted], 1)
    expect(harness.statistics.moves[.takeover], 1)
  }

  @Test func onlyTheKnownKeyIsChallenged() throws {
    var harness = RouterHarness()
    #expect(challenge(&harness, from: thief, key: try .test(0xBB)) == nil)
    expect(harness.discover(node, from: .udp(thief)), .reply(.udp(thief)))
    expect(harness.offer, nil)
  }

  @Test func aProvenNodeStandsAgainstEveryUnprovenClaim() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.advance(.seconds(599))
    expect(harness.discover(node, from: .udp(thief)), .reply(.udp(thief)))
    expect(harness.unreachable(home, node), nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.discovers[.refusedProven], 1)
    harness.advance(.seconds(1))
    harness.discover(node, from: .udp(thief))
    harness.expectNowhere(node)
    expect(harness.statistics.discovers[.refusedUnproven], 1)
  }

  @Test func onlyAProofProlongsAProvenNodeAndIsInvitedAtHalfTheLifetime() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.advance(.seconds(300) - .nanoseconds(1))
    expect(harness.discover(node, from: .udp(home), key: key), .reply(.udp(home)))
    harness.advance(.nanoseconds(1))
    try proveHome(&harness)
    harness.advance(.seconds(599))
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
    harness.advance(.seconds(1))
    harness.expectNowhere(node)
    expect(harness.statistics.proofs[.accepted], 2)
    expect(harness.statistics.moves.total, 0)
  }

  @Test func aForgedDiscoverChangesNothingOfAProvenNode() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    harness.discover(node, from: .udp(home), ex: true)
    harness.expectUDP(node, at: home)
    harness.advance(.seconds(1))
    try proveHome(&harness, ex: true)
    harness.expectUDP(node, at: home, ex: true)
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home, ex: true)
  }

  @Test func aChallengeIsVerifiedOnceHoweverOftenItIsAnswered() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    #expect(try prove(&harness, challenge, from: home, by: .test(0xBB)) == nil)
    for _ in 0..<5 { #expect(try prove(&harness, challenge, from: home) == nil) }
    expect(harness.statistics.proofs[.failed], 1)
    expect(harness.statistics.proofs[.repeated], 5)
  }

  @Test func aSourceIsVerifiedTwiceASecondAfterABurstOfTen() throws {
    var harness = RouterHarness()
    for number in 0..<30 as Range<UInt64> {
      let source = Endpoint.test(66, port: 5_000 + UInt16(number % 5))
      let admitted = harness.router.admits(try proof(number), from: source, at: harness.now)
      #expect(admitted == (number < 10))
    }
    expect(harness.statistics.proofs[.limited], 20)
    let other = harness.router.admits(try proof(100), from: .test(67), at: harness.now)
    #expect(other, "another source is not held up")
    harness.advance(.milliseconds(500))
    let again = harness.router.admits(try proof(200), from: thief, at: harness.now)
    let more = harness.router.admits(try proof(201), from: thief, at: harness.now)
    #expect(again && !more)
  }

  @Test func verificationsAreLimitedInAllAndNewSourcesGetIn() throws {
    var harness = RouterHarness()
    var admitted = 0
    for number in 0..<5_000 as Range<UInt64> {
      if harness.router.admits(try proof(number), from: .test(1_000 + UInt32(number)), at: harness.now) {
        admitted += 1
      }
    }
    #expect(admitted == 200)
    harness.advance(.milliseconds(5))
    let newcomer = harness.router.admits(try proof(9_999), from: home, at: harness.now)
    #expect(newcomer)
  }

  @Test func aNodeIsChallengedOnceASecondAtEachSource() throws {
    var harness = RouterHarness()
    expect(harness.router.admitsChallenge(of: node, to: home, at: harness.now), true)
    harness.advance(.seconds(1) - .nanoseconds(1))
    expect(harness.router.admitsChallenge(of: node, to: home, at: harness.now), false)
    expect(harness.router.admitsChallenge(of: .test(8), to: home, at: harness.now), true)
    expect(harness.router.admitsChallenge(of: node, to: .test(1, port: 4001), at: harness.now), true)
    expect(harness.statistics.challengesHeldBack, 1)
    harness.advance(.nanoseconds(1))
    expect(harness.router.admitsChallenge(of: node, to: home, at: harness.now), true)
  }

  @Test func keysAreFetchedForASourceFourAtOnceThenOneASecondAndOthersAreNotHeldUp() {
    var harness = RouterHarness()
    let admitted = (0..<100).count { _ in harness.router.admitsFetch(for: thief, at: harness.now) }
    #expect(admitted == 4)
    expect(harness.statistics.fetchesHeldBack, 96)
    expect(harness.router.admitsFetch(for: home, at: harness.now), true)
    harness.advance(.seconds(1))
    expect(harness.router.admitsFetch(for: thief, at: harness.now), true)
    expect(harness.router.admitsFetch(for: thief, at: harness.now), false)
  }

  @Test func aFloodOfChallengesHoldsUpNoNewcomer() throws {
    var harness = RouterHarness()
    for number in 1...100_000 as ClosedRange<UInt32> {
      _ = harness.router.admitsChallenge(of: .test(number), to: thief, at: harness.now)
    }
    expect(harness.router.admitsChallenge(of: .test(200_000), to: home, at: harness.now), true)
  }

  /// A proof of the node's with a token of its own.
  private func proof(_ number: UInt64) throws -> DiscoverProof {
    let token = ChallengeToken(high: number &* 0x9E37_79B9_7F4A_7C15, low: number | 1 << 63)
    let challenge = DiscoverChallenge(node: node, stamp: ChallengeStamp(rawValue: 2), token: token)
    return FakeAuthenticator.proof(of: challenge, by: key)
  }

  @Test func whenAnyKeyMayHaveChangedNoProofCountsAndNobodyIsLost() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    for number in 100..<1_000 as Range<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    harness.router.revokeAll()
    expect(harness.statistics.revocations, 1)
    harness.expectUDP(node, at: home)
    harness.advance(.seconds(1))
    try proveHome(&harness)
    expect(harness.statistics.proofs[.accepted], 2)
  }

  @Test func aRevokedProofCountsNoLongerAndAPlainDiscoverBringsNothingBack() throws {
    var harness = RouterHarness()
    try proveHome(&harness)
    let isRevoked = harness.router.revoke(node)
    #expect(isRevoked)
    harness.expectNowhere(node)
    expect(harness.statistics.revocations, 1)
    harness.discover(node, from: .udp(home))
    let again = harness.router.revoke(node)
    #expect(!again, "an unproven registration is no proof's")
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
    try proveHome(&harness, after: .seconds(1))
    harness.advance(.seconds(1))
    let second = try #require(challenge(&harness, from: .test(2)))
    _ = try prove(&harness, second, from: .test(2))
    harness.advance(.seconds(1))
    #expect(try prove(&harness, first, from: home) == nil)
    harness.expectUDP(node, at: .test(2))
    expect(harness.statistics.proofs[.superseded], 1)
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
    expect(
      harness.discover(node, from: .udp(thief)),
      .reply(.udp(thief), probing: node))
    try proveHome(&harness)
    expect(harness.unreachable(home, node), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func theTokenHoldsForItsEndpointOnly() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    #expect(try prove(&harness, challenge, from: thief) == nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofs[.forged], 1)
  }

  @Test func anotherKeysSignatureIsRefused() throws {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home))
    let challenge = try #require(challenge(&harness, from: thief))
    #expect(try prove(&harness, challenge, from: thief, by: try .test(0xBB)) == nil)
    harness.expectUDP(node, at: home)
    expect(harness.statistics.proofs[.failed], 1)
  }

  @Test func aChallengeEndsAfterThirtySeconds() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    let proof = FakeAuthenticator.proof(of: challenge, by: key)
    harness.advance(.seconds(30))
    expect(harness.frame(proof.encoded(), from: .udp(home)), .jobs([.checkToken(ProofJob(proof, from: home))]))
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

  @Test func aProofForAnotherBeaconIsNotEvenVerified() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    let other = try #require(BeaconName(host: "other.example", port: 9_001))
    let proof = FakeAuthenticator.proof(of: challenge, to: other, by: key)
    harness.frame(proof.encoded(), from: .udp(home))
    let job = ProofJob(proof, from: home)
    for _ in 0..<3 { harness.router.checkedToken(of: job, authenticator.check(job), at: harness.now) }
    #expect(harness.router.nextJob() == nil)
    expect(harness.statistics.proofs[.wrongBeacon], 3)
    #expect(!authenticator.accepts(proof, from: home))
    var incidents = harness.router.takeIncidents()
    var expected = RouterIncident(.misdirected(other), node, from: home, to: nil)
    expected.more = 2
    #expect(incidents == [expected])
    // Names are strangers' to choose: they make no more lines.
    for port in 1...9 as ClosedRange<UInt16> {
      let name = try #require(BeaconName(host: "other.example", port: port))
      let job = ProofJob(FakeAuthenticator.proof(of: challenge, to: name, by: key), from: home)
      harness.router.checkedToken(of: job, .wrongBeacon, at: harness.now)
    }
    incidents = harness.router.takeIncidents()
    #expect(incidents.count == 1)
    #expect(incidents.first?.more == 8)
    // The challenge is not used up by that.
    let answer = try prove(&harness, challenge, from: home)
    #expect(answer == .udp(home))
  }

  @Test func aNameThatIsNoneIsDropped() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    var frame = FakeAuthenticator.proof(of: challenge, by: key).encoded()
    frame[frame.count - 1] = UInt8(ascii: "E")
    expect(harness.frame(frame, from: .udp(home)), .drop(.nameInvalid))
  }

  @Test func aProofOverWSSIsDropped() throws {
    var harness = RouterHarness()
    let challenge = try #require(challenge(&harness, from: home))
    let proof = FakeAuthenticator.proof(of: challenge, by: key)
    _ = harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    expect(harness.frame(proof.encoded(), from: .wss(1, node)), .drop(.proofOverWSS))
  }
}
