import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A node that is claimed from elsewhere: what moves it, and what doesn't.
struct RouterClaimTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let thief = Endpoint.test(66)

  private func registered() -> RouterHarness {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home))
    return harness
  }

  @Test func aForgedDiscoverIsAnsweredAndMovesNothing() {
    var harness = registered()
    expect(
      harness.discover(node, from: .udp(thief)),
      .reply(.udp(thief), probing: node))
    harness.expectUDP(node, at: home)
    expect(harness.relay(node, to: node, from: .udp(thief)), .drop(.senderMismatch))
    expect(harness.statistics.discovers[.refusedAlive], 1)
  }

  @Test func anEndpointSilentForLongerThanARefreshLosesItsNode() {
    var harness = registered()
    harness.advance(.seconds(75))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: home)
    harness.advance(.nanoseconds(1))
    expect(harness.discover(node, from: .udp(thief), ex: true), .reply(.udp(thief)))
    harness.expectUDP(node, at: thief, ex: true)
    expect(harness.statistics.discovers[.moved], 1)
    expect(harness.relay(node, to: node, from: .udp(home)), .drop(.senderMismatch))
  }

  @Test(arguments: [true, false])
  func whateverIsHeardBreaksTheSilence(byRelay: Bool) {
    var harness = registered()
    harness.advance(.seconds(70))
    if byRelay {
      harness.relay(node, to: node, from: .udp(home))
    } else {
      harness.discover(node, from: .udp(home))
    }
    harness.advance(.seconds(75))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: home)
  }

  @Test func aRelayThatIsDroppedForItsSenderBreaksNoSilence() {
    var harness = registered()
    harness.advance(.seconds(70))
    harness.relay(node, to: node, from: .udp(thief))
    harness.advance(.seconds(6))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: thief)
  }

  @Test func aProbeThatDrawsICMPMovesTheNodeAndAnswersAgain() {
    var harness = registered()
    harness.discover(node, from: .udp(test: 2), ex: true)
    harness.advance(.seconds(2))
    expect(harness.unreachable(home, node), .udp(.test(2)))
    harness.expectUDP(node, at: .test(2), ex: true)
    expect(harness.unreachable(home, node), nil)
    expect(harness.statistics.moves[.unreachable], 1)
  }

  @Test func aLateReportMovesNothing() {
    var harness = registered()
    harness.discover(node, from: .udp(thief))
    harness.advance(.seconds(2) + .nanoseconds(1))
    expect(harness.unreachable(home, node), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func aReportAloneOrOfAnotherEndpointMovesNothing() {
    var harness = registered()
    expect(harness.unreachable(home, node), nil)
    harness.discover(node, from: .udp(thief))
    expect(harness.unreachable(.test(1, port: 4001), node), nil)
    expect(harness.unreachable(thief, node), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func aReportIsForgedIfTheNodeSpokeSinceTheClaim() {
    var harness = registered()
    harness.discover(node, from: .udp(thief))
    harness.advance(.milliseconds(1))
    harness.relay(node, to: node, from: .udp(home))
    expect(harness.unreachable(home, node), nil)
    harness.expectUDP(node, at: home)
  }

  @Test func aReportMovesNoNodeThatAttachedMeanwhile() {
    var harness = registered()
    harness.discover(node, from: .udp(thief))
    _ = harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    expect(harness.unreachable(home, node), nil)
    harness.detach(node: node, connection: ConnectionID(rawValue: 1))
    harness.expectNowhere(node)
  }

  @Test func allNodesOfADeadEndpointMove() {
    var harness = registered()
    harness.discover(.test(8), from: .udp(home))
    harness.discover(node, from: .udp(test: 2))
    harness.discover(.test(8), from: .udp(test: 3))
    expect(harness.unreachable(home, node), .udp(.test(2)))
    expect(harness.unreachable(home, .test(8)), .udp(.test(3)))
    harness.expectUDP(node, at: .test(2))
    harness.expectUDP(.test(8), at: .test(3))
  }

  @Test func oneProbePerNodeAndSecond() {
    var harness = registered()
    expect(
      harness.discover(node, from: .udp(thief)),
      .reply(.udp(thief), probing: node))
    harness.advance(.seconds(1) - .nanoseconds(1))
    expect(harness.discover(node, from: .udp(test: 2)), .reply(.udp(test: 2)))
    harness.advance(.nanoseconds(1))
    expect(
      harness.discover(node, from: .udp(test: 3)),
      .reply(.udp(test: 3), probing: node))
    expect(harness.statistics.probes, 2)
    expect(harness.unreachable(home, node), .udp(.test(3)))
  }

  @Test func aNodeThatMovedStaysForTheHoldDown() {
    var harness = registered()
    harness.discover(node, from: .udp(test: 2))
    _ = harness.unreachable(home, node)
    harness.advance(.seconds(30) - .nanoseconds(1))
    expect(harness.discover(node, from: .udp(test: 3)), .reply(.udp(test: 3)))
    expect(harness.statistics.discovers[.refusedHoldDown], 1)
    expect(harness.unreachable(.test(2), node), nil)
    harness.advance(.nanoseconds(1))
    expect(
      harness.discover(node, from: .udp(test: 3)),
      .reply(.udp(test: 3), probing: node))
    expect(harness.unreachable(.test(2), node), .udp(.test(3)))
  }

  @Test func theHoldDownHoldsForSilentMovesToo() {
    var configuration = RouterConfiguration()
    configuration.silenceBeforeMove = .zero
    var harness = RouterHarness(configuration)
    harness.discover(node, from: .udp(home))
    harness.advance(.seconds(1))
    harness.discover(node, from: .udp(test: 2))
    harness.advance(.seconds(29))
    harness.discover(node, from: .udp(test: 3))
    harness.expectUDP(node, at: .test(2))
    harness.advance(.seconds(1))
    harness.discover(node, from: .udp(test: 3))
    harness.expectUDP(node, at: .test(3))
    expect(harness.statistics.discovers[.moved], 2)
  }

  @Test func aFloodOfClaimsIsForgottenWithinItsBounds() {
    var harness = RouterHarness()
    func home(_ number: UInt32) -> Endpoint { .test(10_000 + number) }
    for number in 1...2000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(home(number))) }
    for number in 1...2000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(thief)) }
    var moved = 0
    for number in 1...2000 as ClosedRange<UInt32> where harness.unreachable(home(number), .test(number)) != nil {
      moved += 1
    }
    #expect(moved > 200 && moved <= PendingClaims.capacity)
    #expect(moved == Int(harness.statistics.moves[.unreachable]))
  }

  @Test func aFloodOfClaimsKeepsNoLaterOneOut() {
    var harness = RouterHarness()
    for number in 1...2000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: 100 + number)) }
    for number in 1...2000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(thief)) }
    harness.discover(.test(5000), from: .udp(test: 3))
    expect(
      harness.discover(.test(5000), from: .udp(test: 2)),
      .reply(.udp(test: 2), probing: .test(5000)))
    expect(harness.unreachable(.test(3), .test(5000)), .udp(.test(2)))
  }
}
