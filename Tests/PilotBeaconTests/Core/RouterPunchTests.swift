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

  private func registered(_ configuration: RouterConfiguration = .init()) -> RouterHarness {
    var harness = RouterHarness(configuration)
    harness.discover(requester, from: .udp(here))
    harness.discover(target, from: .udp(there))
    return harness
  }

  private func request(_ harness: inout RouterHarness, _ requester: NodeID, _ target: NodeID, from origin: FrameOrigin)
    -> Reaction
  {
    harness.frame(PunchRequest(requester: requester, target: target).encoded(), from: origin)
  }

  private func commands(_ toRequester: Hop, _ toTarget: Hop, naming: (Endpoint, Endpoint)) -> Reaction {
    .outputs([
      .punch(toRequester, PunchCommand(endpoint: naming.0)), .punch(toTarget, PunchCommand(endpoint: naming.1)),
    ])
  }

  @Test func bothSidesAreToldEachOthersEndpoint() {
    var harness = registered()
    expect(
      request(&harness, requester, target, from: .udp(here)), commands(.udp(here), .udp(there), naming: (there, here)))
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
    _ = harness.attach(node: target, connection: ConnectionID(rawValue: 1))
    expect(request(&harness, requester, target, from: .udp(here)), .nothing)
    expect(harness.statistics.punches[.unreachable], 3)
    expect(harness.frame([0x03, 0, 0, 0, 7, 0, 0, 0], from: .udp(here)), .drop(.truncated))
  }

  @Test func aNodeOverWSSIsToldThereAndNamesItsTargetsEndpoint() {
    var harness = registered()
    _ = harness.attach(node: requester, connection: ConnectionID(rawValue: 1))
    // Attaching has ended what the requester's Discover over UDP had said.
    expect(
      request(&harness, requester, target, from: .wss(1, requester)),
      .outputs([.punch(.wss(ConnectionID(rawValue: 1)), PunchCommand(endpoint: there))]))
    harness.advance(.seconds(1))
    expect(request(&harness, .test(9), target, from: .wss(1, requester)), .nothing)
    harness.detach(node: requester, connection: ConnectionID(rawValue: 1))
    expect(request(&harness, requester, target, from: .wss(1, requester)), .drop(.staleConnection))
  }

  @Test func aProvenNodeThatIsAlsoAttachedIsToldOverWSS() throws {
    var harness = registered()
    let challenge = DiscoverChallenge(
      node: target, stamp: ChallengeStamp(at: harness.now, wantsDestination: false),
      token: ChallengeToken(high: 1, low: 2))
    harness.proven(try FakeAuthenticator.proof(of: challenge, by: .test(1)), from: there)
    _ = harness.attach(node: target, connection: ConnectionID(rawValue: 1))
    expect(
      request(&harness, requester, target, from: .udp(here)),
      commands(.udp(here), .wss(ConnectionID(rawValue: 1)), naming: (there, here)))
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
    expect(harness.frame(request.encoded(), from: .udp(here)), .jobs([.verify(.grant(request, from: .udp(here)))]))
    expect(
      .outputs(harness.granted(request, from: .udp(here))), commands(.udp(here), .udp(there), naming: (there, here)))
    expect(harness.granted(request, from: .udp(test: 3)), [])
    harness.router.verified(.grant(request, from: .udp(here)), holds: false, at: harness.now)
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
      let job = VerificationJob.grant(request, from: .udp(test: number))
      expect(harness.frame(request.encoded(), from: .udp(test: number)), .jobs([.verify(job)]))
      harness.router.verified(job, holds: false, at: harness.now)
    }
    let request = PunchRequest(requester: requester, target: target, grant: grant)
    let served = (0..<20).count { _ in !harness.granted(request, from: .udp(here)).isEmpty }
    #expect(served == 10)
    expect(harness.statistics.grants[.limited], 10)
  }

  @Test func withoutAGrantNothingIsServedWhereOneIsRequired() {
    var configuration = RouterConfiguration()
    configuration.requiresPunchGrant = true
    var harness = registered(configuration)
    expect(request(&harness, requester, target, from: .udp(here)), .nothing)
    expect(harness.statistics.punches[.ungranted], 1)
  }

  private func isServed(_ reaction: Reaction) -> Bool {
    guard case .outputs(let outputs) = reaction, case .punch? = outputs.first else { return false }
    return true
  }
}
