import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Requests to punch: who is told what, and what is met with silence.
struct RouterPunchTests {
  private let requester = NodeID.test(7)
  private let target = NodeID.test(8)
  private let here = Endpoint.test(1)
  private let there = Endpoint.test(2)

  private func registered(_ configuration: Router.Configuration = .init()) -> RouterHarness {
    var harness = RouterHarness(configuration)
    harness.discover(requester, from: .udp(here))
    harness.discover(target, from: .udp(there))
    return harness
  }

  private func request(_ harness: inout RouterHarness, _ requester: NodeID, _ target: NodeID, from origin: FrameOrigin)
    -> RouterAction
  {
    harness.frame(PunchRequest(requester: requester, target: target).encoded(), from: origin)
  }

  /// Who is told which endpoint, when a request is served.
  private func commands(
    _ harness: inout RouterHarness, _ requester: NodeID, _ target: NodeID, from origin: FrameOrigin
  ) -> PunchCommands? {
    guard case .punch(let pair) = request(&harness, requester, target, from: origin) else { return nil }
    return harness.router.commands(for: pair, at: harness.now)
  }

  private func commands(_ toRequester: FrameOrigin, _ toTarget: FrameOrigin, naming: (Endpoint, Endpoint))
    -> PunchCommands
  {
    PunchCommands(
      requester: PunchCommands.Command(recipient: toRequester, endpoint: naming.0),
      target: PunchCommands.Command(recipient: toTarget, endpoint: naming.1))
  }

  @Test func bothSidesAreToldEachOthersEndpoint() {
    var harness = registered()
    expect(
      commands(&harness, requester, target, from: .udp(here)), commands(.udp(here), .udp(there), naming: (there, here)))
    expect(harness.statistics.punches[.served], 1)
  }

  @Test func onlyTheBoundSourceOfTheRequesterIsServedAndItIsNoNewEndpoint() {
    var harness = registered()
    for elsewhere in [Endpoint.test(66), .test(1, port: 4001)] {
      expect(request(&harness, requester, target, from: .udp(elsewhere)), .nothing)
    }
    expect(request(&harness, .test(9), target, from: .udp(here)), .nothing)
    expect(harness.statistics.punches[.unbound], 3)
    harness.expectUDP(requester, at: here)
    harness.expectNowhere(.test(9))
  }

  @Test func whateverIsNotDueIsMetWithTheSameSilence() {
    var harness = registered()
    expect(request(&harness, requester, .test(9), from: .udp(here)), .nothing)
    harness.advance(.seconds(1))
    expect(request(&harness, requester, requester, from: .udp(here)), .nothing)
    harness.advance(.seconds(1))
    _ = harness.router.attach(node: target, connection: ConnectionID(rawValue: 1))
    expect(request(&harness, requester, target, from: .udp(here)), .nothing)
    expect(harness.statistics.punches[.unreachable], 3)
    expect(harness.frame([0x03, 0, 0, 0, 7, 0, 0, 0], from: .udp(here)), .drop(.truncated))
  }

  @Test func aNodeOverWSSIsToldThereAndNamesItsTargetsEndpoint() {
    var harness = registered()
    _ = harness.router.attach(node: requester, connection: ConnectionID(rawValue: 1))
    // Attaching has ended what the requester's Discover over UDP had said.
    expect(
      commands(&harness, requester, target, from: .wss(1, requester)),
      PunchCommands(requester: PunchCommands.Command(recipient: .wss(1, requester), endpoint: there), target: nil))
    harness.advance(.seconds(1))
    expect(request(&harness, .test(9), target, from: .wss(1, requester)), .nothing)
    harness.router.detach(node: requester, connection: ConnectionID(rawValue: 1))
    expect(request(&harness, requester, target, from: .wss(1, requester)), .drop(.staleConnection))
  }

  @Test func aProvenNodeThatIsAlsoAttachedIsToldOverWSS() throws {
    var harness = registered()
    let challenge = DiscoverChallenge(
      node: target, stamp: ChallengeStamp(at: harness.now, wantsDestination: false),
      token: ChallengeToken(high: 1, low: 2))
    let signature = FakeAuthenticator.signature(of: challenge, by: try .test(1))
    _ = harness.router.proven(
      DiscoverProof(challenge: challenge, signature: signature), from: there, at: harness.now)
    _ = harness.router.attach(node: target, connection: ConnectionID(rawValue: 1))
    expect(
      commands(&harness, requester, target, from: .udp(here)),
      commands(.udp(here), .wss(1, target), naming: (there, here)))
  }

  @Test func aSourceIsServedOnceASecondAndOthersAreNotHeldUp() {
    var harness = registered()
    harness.discover(.test(9), from: .udp(test: 3))
    #expect(isServed(request(&harness, requester, target, from: .udp(here))))
    expect(request(&harness, requester, target, from: .udp(here)), .nothing)
    #expect(isServed(request(&harness, .test(9), target, from: .udp(test: 3))))
    harness.advance(.seconds(1))
    #expect(isServed(request(&harness, requester, target, from: .udp(here))))
    expect(harness.statistics.punches[.limited], 1)
  }

  @Test func tenAreServedASecondInAllAndNewSourcesGetIn() {
    var harness = registered()
    var served = 0
    for number in 100..<10_100 as Range<UInt32> {
      harness.discover(.test(number), from: .udp(test: number))
      if isServed(request(&harness, .test(number), target, from: .udp(test: number))) { served += 1 }
    }
    #expect(served == 10)
    harness.advance(.milliseconds(100))
    #expect(isServed(request(&harness, requester, target, from: .udp(here))))
  }

  @Test func whatIsRefusedTakesNothingFromTheLimitInAll() {
    var harness = registered()
    for number in 100..<200 as Range<UInt32> {
      harness.discover(.test(number), from: .udp(test: number))
      expect(request(&harness, .test(number), .test(9), from: .udp(test: number)), .nothing)
    }
    #expect(isServed(request(&harness, requester, target, from: .udp(here))))
  }

  @Test func aGrantIsVerifiedFirstAndServedIfBothAreStillThere() throws {
    var harness = registered()
    let signature = try Signature(bytes: [UInt8](repeating: 0, count: 64).span.raw)
    let request = PunchRequest(
      requester: requester, target: target, grant: PunchGrant(expiry: 1, signature: signature))
    expect(harness.frame(request.encoded(), from: .udp(here)), .verifyGrant(from: .udp(here)))
    let granted = harness.router.granted(request, from: .udp(here), at: harness.now)
    #expect(granted == PunchPair(requester: requester, target: target))
    let elsewhere = harness.router.granted(request, from: .udp(test: 3), at: harness.now)
    #expect(elsewhere == nil)
    harness.router.grantRefused(.refused)
    expect(harness.statistics.punches[.submitted], 1)
    expect(harness.statistics.grants[.served], 1)
    expect(harness.statistics.grants[.outlived], 1)
    expect(harness.statistics.grants[.refused], 1)
  }

  @Test func grantsAreReckonedWithWhatIsServedInAllOnlyWhenTheyHold() throws {
    var harness = registered()
    let signature = try Signature(bytes: [UInt8](repeating: 0, count: 64).span.raw)
    let grant = PunchGrant(expiry: 1, signature: signature)
    for number in 100..<150 as Range<UInt32> {
      harness.discover(.test(number), from: .udp(test: number))
      let request = PunchRequest(requester: .test(number), target: target, grant: grant)
      expect(harness.frame(request.encoded(), from: .udp(test: number)), .verifyGrant(from: .udp(test: number)))
      harness.router.grantRefused(.refused)
    }
    let request = PunchRequest(requester: requester, target: target, grant: grant)
    let served = (0..<20).count { _ in
      harness.router.granted(request, from: .udp(here), at: harness.now) != nil
    }
    #expect(served == 10)
    expect(harness.statistics.grants[.limited], 10)
  }

  @Test func withoutAGrantNothingIsServedWhereOneIsRequired() {
    var configuration = Router.Configuration()
    configuration.requiresPunchGrant = true
    var harness = registered(configuration)
    expect(request(&harness, requester, target, from: .udp(here)), .nothing)
    expect(harness.statistics.punches[.ungranted], 1)
  }

  private func isServed(_ action: RouterAction) -> Bool {
    if case .punch = action { true } else { false }
  }
}
