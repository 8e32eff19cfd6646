import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// An unproven node at another port of its address: its process was restarted, or its NAT has rebound.
struct RouterPortTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let rebound = Endpoint.test(1, port: 4001)

  private func registered() -> RouterHarness {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home), ex: true)
    return harness
  }

  @Test func aDiscoverFromAnotherPortOfTheSameAddressIsBelievedAtOnce() {
    var harness = registered()
    expect(harness.discover(node, from: .udp(rebound)), .reply(.udp(rebound)))
    harness.expectUDP(node, at: rebound)
    expect(harness.relay(node, to: node, from: .udp(rebound)), .deliverUDP(rebound, DeliverHeader(sender: node)))
    expect(harness.statistics.discovers[.moved], 1)
    expect(harness.statistics.moves[.port], 1)
  }

  @Test func aRelayFromAnotherPortOfTheSameAddressMovesANodeThatHasBeenSilentForThirtySeconds() {
    var harness = registered()
    harness.advance(.seconds(470))
    harness.relay(node, to: node, from: .udp(home))
    harness.advance(.seconds(30))
    expect(harness.relay(node, to: node, from: .udp(rebound)), .drop(.senderMismatch))
    harness.advance(.nanoseconds(1))
    expect(
      harness.relay(node, to: node, from: .udp(rebound)),
      .deliverUDP(rebound, DeliverHeader(sender: node, destination: node)))
    harness.expectUDP(node, at: rebound, ex: true)
    expect(harness.statistics.moves[.portByRelay], 1)
    harness.advance(.seconds(100) - .nanoseconds(1))
    harness.expectNowhere(node)
  }

  @Test func aMoveToAnotherPortHoldsForThirtySecondsAndRelaysAreTakenMeanwhile() {
    var harness = registered()
    harness.discover(node, from: .udp(rebound))
    let third = Endpoint.test(1, port: 4002)
    harness.advance(.seconds(30) - .nanoseconds(1))
    harness.discover(node, from: .udp(third))
    expect(harness.statistics.discovers[.refusedHoldDown], 1)
    for port in [third, home] {
      expect(harness.relay(node, to: node, from: .udp(port)), .deliverUDP(rebound, DeliverHeader(sender: node)))
    }
    harness.expectUDP(node, at: rebound)
    harness.advance(.nanoseconds(1))
    expect(harness.relay(node, to: node, from: .udp(home)), .drop(.senderMismatch))
    harness.discover(node, from: .udp(third))
    harness.expectUDP(node, at: third)
  }

  @Test func anotherAddressIsNotBelievedForIt() {
    var harness = registered()
    let stranger = Endpoint.test(2, port: home.port)
    harness.discover(node, from: .udp(stranger))
    expect(harness.relay(node, to: node, from: .udp(stranger)), .drop(.senderMismatch))
    harness.expectUDP(node, at: home, ex: true)
    let zone = Endpoint(high: 0xFE80 << 48, low: 1, scope: 1, port: 4000)
    harness.discover(.test(8), from: .udp(zone))
    harness.discover(.test(8), from: .udp(Endpoint(high: zone.high, low: zone.low, scope: 2, port: 4001)))
    harness.expectUDP(.test(8), at: zone)
  }

  @Test func aProvenNodeMovesToNoOtherPortWithoutAProof() throws {
    var harness = registered()
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(at: harness.now, wantsDestination: false),
      token: ChallengeToken(high: 1, low: 2))
    harness.proven(try FakeAuthenticator.proof(of: challenge, by: .test(1)), from: home)
    harness.discover(node, from: .udp(rebound))
    expect(harness.relay(node, to: node, from: .udp(rebound)), .drop(.senderMismatch))
    harness.advance(.seconds(31))
    expect(harness.relay(node, to: node, from: .udp(rebound)), .drop(.senderMismatch))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.discovers[.refusedProven], 1)
  }

  @Test func aNodeOverWSSIsNotFoundAtItsOldPort() {
    var harness = registered()
    _ = harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    harness.discover(node, from: .udp(rebound))
    expect(harness.statistics.discovers[.refusedAttached], 1)
  }

  @Test func whatItGetsLeavesFromTheAddressThatItWroteTo() {
    var harness = RouterHarness()
    let (first, second) = (LocalAddress(index: 1), LocalAddress(index: 2))
    expect(harness.discover(node, from: .udp(home, first)), .reply(.udp(home, first)))
    expect(
      harness.relay(node, to: node, from: .udp(home, second)),
      .deliverUDP(home, DeliverHeader(sender: node), from: first))
    harness.discover(node, from: .udp(home, second))
    expect(
      harness.relay(node, to: node, from: .udp(home)), .deliverUDP(home, DeliverHeader(sender: node), from: second))
    harness.advance(.seconds(31))
    harness.relay(node, to: node, from: .udp(rebound, first))
    expect(
      harness.relay(node, to: node, from: .udp(rebound)), .deliverUDP(rebound, DeliverHeader(sender: node), from: first)
    )
    let probe = EndpointProbe(
      node: node, endpoint: rebound, local: first, claimant: .test(2),
      askedAt: harness.now.advanced(by: .seconds(30)).nanoseconds)
    harness.advance(.seconds(30))
    expect(
      harness.discover(node, from: .udp(.test(2), second)), .reply(.udp(.test(2), second), probing: node))
    expect(harness.probes[node], probe)
    expect(harness.unreachable(rebound, node), .udp(.test(2), from: second))
  }
}
