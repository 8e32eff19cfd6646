import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A node that can prove nothing, claimed from elsewhere, at a beacon that can ask it.
struct RouterAskingTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let new = Endpoint.test(2)
  private let rebound = Endpoint.test(1, port: 4001)

  /// The node is at home, and has answered there.
  private func registered(_ configuration: RouterConfiguration = RouterConfiguration()) -> RouterHarness {
    var harness = RouterHarness.asking(configuration)
    harness.discover(node, from: .udp(home))
    harness.sign(from: home)
    return harness
  }

  // MARK: The question

  @Test(arguments: [Endpoint.test(2), .test(1, port: 4001)], [Duration.zero, .seconds(100)])
  func aNodeThatIsSilentForThreeQuestionsMoves(claimant: Endpoint, silence: Duration) {
    var harness = registered()
    harness.advance(silence)
    expect(harness.discover(node, from: .udp(claimant), ex: true), .reply(.udp(claimant), probing: node))
    expect(harness.asked, [home])
    for _ in 0..<2 {
      expect(harness.tick(after: .seconds(1) - .nanoseconds(1)), [])
      expect(
        harness.tick(after: .nanoseconds(1)), [.punch(.udp(home), PunchCommand(endpoint: RouterHarness.asking))])
    }
    harness.expectUDP(node, at: home)
    expect(harness.tick(after: .seconds(1) - .nanoseconds(1)), [])
    let told: [RouterOutput] = [
      .punch(.udp(claimant), PunchCommand(endpoint: RouterHarness.asking)), .reply(.udp(claimant)),
    ]
    expect(harness.tick(after: .nanoseconds(1)), told)
    harness.expectUDP(node, at: claimant, ex: true)
    expect(harness.statistics.moves[.unanswered], 1)
    expect(harness.statistics.moves.total, 1)
    expect(harness.statistics.questions, 3)
    expect(harness.statistics.discovers[.asked], 1)
    harness.tick(for: .seconds(10))
    expect(harness.statistics.moves.total, 1)
  }

  enum Sign: CaseIterable { case punch, relay, discover }

  @Test(arguments: Sign.allCases, 0..<3)
  func anySignOfLifeRefusesTheClaim(sign: Sign, after questions: Int) {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    for _ in 0..<questions { harness.tick(after: .seconds(1)) }
    harness.advance(.milliseconds(900))
    switch sign {
    case .punch: expect(harness.sign(from: home), true)
    case .relay: harness.relay(node, to: node, from: .udp(home))
    case .discover: harness.discover(node, from: .udp(home))
    }
    harness.tick(for: .seconds(5))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.claimsRefused, 1)
    expect(harness.statistics.questions, UInt64(1 + questions))
    expect(harness.router.takeIncidents().map(\.kind), [.probed, .claimRefused])
  }

  @Test func aSignFromElsewhereOrBeforeTheQuestionCountsForNothing() {
    var harness = registered()
    harness.advance(.seconds(10))
    expect(harness.sign(from: home), false)
    harness.discover(node, from: .udp(new))
    for stranger in [new, rebound, Endpoint.test(1, port: 4002)] { expect(harness.sign(from: stranger), false) }
    expect(harness.frame(Punch().encoded(), from: .wss(1, node)), .drop(.staleConnection))
    expect(harness.frame([0x50, 0x49, 0x4C], from: .udp(home)), .drop(.tunnelFrame))
    harness.tick(for: .seconds(3))
    harness.expectUDP(node, at: new)
  }

  @Test func anAnswerComesThreeTimesAndEachIsCountedAsOne() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    for _ in 0..<3 { expect(harness.sign(from: home), true) }
    harness.advance(.seconds(3) + .nanoseconds(1))
    expect(harness.sign(from: home), false)
    // One more when it registered.
    expect(harness.statistics.signs, 4)
    expect(harness.statistics.claimsRefused, 1)
    expect(harness.statistics.drops[.tunnelFrame], 1)
  }

  @Test func aReportThatQuotesTheProbeNeedsNoFurtherQuestion() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    harness.advance(.milliseconds(20))
    expect(harness.unreachable(home, node), .udp(new))
    harness.expectUDP(node, at: new)
    harness.tick(for: .seconds(5))
    expect(harness.statistics.questions, 1)
    expect(harness.statistics.moves.total, 1)
  }

  @Test func aReportComesTooLateForAClaimThatIsRefused() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    harness.sign(from: home)
    expect(harness.unreachable(home, node), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func aRelayFromAnotherPortHasTheOldOneAskedAndKeepsTheRegistrationsEnd() {
    var harness = RouterHarness.asking()
    harness.discover(node, from: .udp(home), ex: true)
    harness.advance(.seconds(30))
    expect(harness.relay(node, to: node, from: .udp(rebound)), .drop(.senderMismatch))
    expect(harness.asked, [])
    harness.advance(.nanoseconds(1))
    expect(harness.relay(node, to: node, from: .udp(rebound)), .drop(.senderMismatch))
    expect(harness.asked, [home])
    harness.tick(for: .seconds(3))
    harness.expectUDP(node, at: rebound, ex: true)
    harness.advance(.seconds(567) - .nanoseconds(2))
    harness.expectUDP(node, at: rebound, ex: true)
    harness.advance(.nanoseconds(1))
    harness.expectNowhere(node)
  }

  @Test func aProofOrALoginEndsTheClaim() throws {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    harness.detach(node: node, connection: ConnectionID(rawValue: 1))
    harness.tick(for: .seconds(5))
    harness.expectNowhere(node)
    harness.discover(node, from: .udp(home))
    harness.discover(node, from: .udp(new))
    harness.proven(try .test(of: node, at: harness.now), from: home)
    harness.tick(for: .seconds(5))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.moves.total, 0)
  }

  // MARK: Strangers

  @Test func aSecondClaimantNeitherRestartsTheFirstOnesClockNorTakesItsPlace() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    for number in 0..<11 as Range<UInt32> {
      harness.discover(node, from: .udp(.test(50 + number)))
      expect(harness.asked, [])
      harness.discover(node, from: .udp(new))
      harness.tick(after: .milliseconds(250))
    }
    harness.expectUDP(node, at: home)
    harness.tick(after: .milliseconds(250))
    harness.expectUDP(node, at: new)
    expect(harness.statistics.discovers[.refusedAsking], 22)
    expect(harness.statistics.questions, 3)
  }

  @Test func whoWasRefusedWaitsForThirtySecondsAndOthersForOne() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    harness.sign(from: home)
    harness.advance(.seconds(1) - .nanoseconds(1))
    harness.discover(node, from: .udp(test: 3))
    expect(harness.asked, [])
    expect(harness.statistics.discovers[.refusedAlive], 1)
    harness.advance(.nanoseconds(1))
    harness.discover(node, from: .udp(.test(2, port: 99)))
    expect(harness.asked, [])
    expect(harness.statistics.discovers[.refusedAlive], 2)
    harness.advance(.seconds(29) - .nanoseconds(1))
    harness.discover(node, from: .udp(new))
    expect(harness.asked, [])
    harness.advance(.nanoseconds(1))
    harness.discover(node, from: .udp(new))
    expect(harness.asked, [home])
    harness.sign(from: home)
    harness.advance(.seconds(1))
    harness.discover(node, from: .udp(test: 3))
    expect(harness.asked, [home])
  }

  @Test func nobodyIsFloodedWithQuestions() {
    var harness = RouterHarness.asking()
    let nodes = (1...200 as ClosedRange<UInt32>).map { NodeID.test($0) }
    for node in nodes { harness.discover(node, from: .udp(.test(1, port: UInt16(node.rawValue)))) }
    let greetings = harness.statistics.greetings
    #expect(greetings == 40)
    for second in 1...60 as ClosedRange<UInt32> {
      for node in nodes {
        harness.discover(node, from: .udp(.test(1_000 + 200 * second + node.rawValue)))
        for endpoint in harness.asked { harness.sign(from: endpoint) }
      }
      harness.tick(for: .seconds(1))
    }
    let questions = harness.statistics.questions
    #expect(questions > 150 && questions <= 10 * 60, "a stranger with many addresses: \(questions) in a minute")
    let heldBack = harness.statistics.questionsHeldBack
    #expect(heldBack > 0)
  }

  @Test func aFloodOfClaimsKeepsNoLaterOneOutAndMovesAllThatItHolds() {
    var harness = RouterHarness.asking()
    for number in 1...3_000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: 9_000 + number)) }
    for number in 1...3_000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(new)) }
    harness.discover(.test(5_000), from: .udp(test: 8_000))
    harness.discover(.test(5_000), from: .udp(test: 8_001))
    harness.tick(for: .seconds(3))
    harness.expectUDP(.test(5_000), at: .test(8_001))
    let moves = harness.statistics.moves[.unanswered]
    #expect(moves > 800 && moves <= PendingClaims.capacity)
    expect(harness.statistics.outputsDropped, 0)
  }

  @Test func aClockThatStoodStillGivesEachQuestionItsTime() {
    var harness = registered()
    harness.discover(node, from: .udp(new))
    expect(harness.tick(after: .seconds(60)).count, 1)
    expect(harness.tick().count, 0)
    harness.tick(after: .milliseconds(500))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.questions, 3)
    harness.tick(after: .milliseconds(499))
    harness.expectUDP(node, at: home)
    harness.tick(after: .milliseconds(1))
    harness.expectUDP(node, at: new)
  }

  // MARK: Where it can't ask

  @Test(arguments: [
    (Endpoint(ipv4: 192, 168, 1, 1, port: 9_001), Endpoint.test(1)),
    (Endpoint(ipv4: 100, 64, 0, 1, port: 9_001), .test(1)), (Endpoint(ipv4: 169, 254, 0, 1, port: 9_001), .test(1)),
    (.loopback(port: 9_001), .test(1)), (Endpoint(high: 0xFD00 << 48, low: 1, port: 9_001), .test(1)),
    (Endpoint(high: 0x2001_0DB8 << 32, low: 1, port: 9_001), .test(1)),
    (Endpoint(ipv4: 198, 51, 100, 1, port: 9_001), Endpoint(high: 0x2001_0DB8 << 32, low: 1, port: 4_000)),
  ])
  func aBeaconThatKnowsNoPublicAddressOfItsOwnAsksNobodyAndSaysSoOnce(own: Endpoint, home: Endpoint) {
    var harness = RouterHarness(own: own)
    harness.discover(node, from: .udp(home))
    harness.discover(node, from: .udp(test: 2))
    expect(harness.outputs.count, 2)
    harness.discover(node, from: .udp(test: 3))
    expect(harness.statistics.questions + harness.statistics.greetings, 0)
    expect(harness.router.takeIncidents().map(\.kind), [.unaskable, .probed])
    harness.tick(for: .seconds(74))
    harness.expectUDP(node, at: home)
    harness.tick(for: .seconds(2))
    harness.discover(node, from: .udp(test: 2))
    harness.expectUDP(node, at: .test(2))
    expect(harness.router.takeIncidents().map(\.kind), [.moved(.silence)])
  }

  @Test func onThisMachineANodeIsAskedByItsOwnAddress() {
    let own = Endpoint.loopback(port: 9_001)
    var harness = RouterHarness(own: own)
    harness.discover(node, from: .udp(.loopback(port: 4_000)))
    expect(harness.outputs, [.reply(.udp(.loopback(port: 4_000)))])
    harness.discover(node, from: .udp(.loopback(port: 4_001)))
    expect(harness.outputs[1], .punch(.udp(.loopback(port: 4_000)), PunchCommand(endpoint: own)))
  }

  @Test func whatIsAdvertisedIsNamedAndNotWhatThisMachineKnows() {
    var configuration = RouterConfiguration()
    let (public4, public6) = (
      Endpoint(ipv4: 203, 0, 113, 5, port: 443), Endpoint(high: 0x2001_0DB8 << 32, low: 5, port: 444)
    )
    configuration.advertised = [public6, public4]
    for (home, named) in [(home, public4), (Endpoint(high: 0x2001_0DB8 << 32, low: 99, port: 4_000), public6)] {
      var harness = RouterHarness(configuration, own: Endpoint(ipv4: 192, 168, 1, 1, port: 9_001))
      harness.discover(node, from: .udp(home, LocalAddress(index: 3)))
      harness.discover(node, from: .udp(new))
      let question = RouterOutput.punch(.udp(home, from: LocalAddress(index: 3)), PunchCommand(endpoint: named))
      expect(harness.outputs[1], question)
    }
  }

  @Test func aPrivateAddressThatIsAdvertisedIsNotNamed() {
    var configuration = RouterConfiguration()
    configuration.advertised = [Endpoint(ipv4: 192, 168, 1, 1, port: 9_001)]
    var harness = RouterHarness(configuration, own: RouterHarness.asking)
    harness.discover(node, from: .udp(home))
    harness.discover(node, from: .udp(new))
    expect(harness.statistics.questions, 0)
  }

  // MARK: Who has answered

  @Test func aNodeIsAskedForASignWhenItRegistersUntilItHasGivenOne() {
    var harness = RouterHarness.asking()
    expect(harness.discover(node, from: .udp(home)), .reply(.udp(home)))
    expect(harness.asked, [home])
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.hasAnswered, false)
    expect(harness.sign(from: .test(2)), false)
    harness.advance(.seconds(60))
    expect(harness.sign(from: home), false)
    harness.discover(node, from: .udp(home))
    expect(harness.asked, [home])
    expect(harness.sign(from: home), true)
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.hasAnswered, true)
    harness.discover(node, from: .udp(home))
    expect(harness.asked, [])
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.hasAnswered, true)
    // At another port nobody has answered yet.
    harness.advance(.seconds(31))
    harness.relay(node, to: node, from: .udp(rebound))
    harness.tick(for: .seconds(3))
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.endpoint, rebound)
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.hasAnswered, false)
  }

  @Test func aProofAnswers() throws {
    var harness = RouterHarness.asking()
    harness.proven(try .test(of: node, at: harness.now), from: home)
    expect(harness.router.nodes.live(node, at: harness.now.nanoseconds)?.hasAnswered, true)
    expect(harness.asked, [])
  }

  @Test func aFloodOfRegistrationsKeepsNoLaterAnswerOut() {
    var harness = RouterHarness.asking()
    for number in 1...5_000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: 9_000 + number)) }
    harness.discover(.test(7_000), from: .udp(home))
    expect(harness.sign(from: home), true)
    var late = 0
    for number in 1...5_000 as ClosedRange<UInt32> where harness.sign(from: .test(9_000 + number)) { late += 1 }
    #expect(late > 800 && late < Greetings.capacity)
  }
}

extension DiscoverProof {
  /// One of which the router is told that it holds.
  static func test(of node: NodeID, at now: MonotonicInstant) throws -> DiscoverProof {
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(at: now, wantsDestination: false), token: ChallengeToken(high: 1, low: 2))
    return FakeAuthenticator.proof(of: challenge, by: try .test(1))
  }
}
