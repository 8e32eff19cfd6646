import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A node that was moved by mistake, and the endpoint that it was taken from.
struct RouterReturnTests {
  private let node = NodeID.test(7)
  private let home = Endpoint.test(1)
  private let thief = Endpoint.test(66)

  /// The thief has the node: its answers were lost.
  private func stolen() -> RouterHarness {
    var harness = RouterHarness.asking()
    harness.discover(node, from: .udp(home))
    harness.discover(node, from: .udp(thief))
    harness.tick(for: .seconds(3))
    harness.expectUDP(node, at: thief)
    return harness
  }

  @Test(arguments: [Duration.zero, .seconds(599)])
  func itsNextDiscoverTakesItBackAtOnce(later: Duration) {
    var harness = stolen()
    for _ in 0..<(later > .zero ? 9 : 0) {
      harness.tick(for: .seconds(60))
      harness.discover(node, from: .udp(thief))
    }
    harness.tick(for: .seconds(later > .zero ? 59 : 0))
    expect(harness.discover(node, from: .udp(home), ex: true), .reply(.udp(home), probing: node))
    harness.expectUDP(node, at: home, ex: true)
    expect(harness.statistics.moves[.returned], 1)
    expect(harness.statistics.discovers[.moved], 1)
    harness.sign(from: home)
    harness.tick(for: .seconds(5))
    harness.expectUDP(node, at: home, ex: true)
  }

  @Test func afterTenMinutesItIsAClaimLikeAnyOther() {
    var harness = stolen()
    for _ in 0..<10 {
      harness.tick(for: .seconds(60))
      harness.discover(node, from: .udp(thief))
      harness.sign(from: thief)
    }
    harness.discover(node, from: .udp(home))
    expect(harness.asked, [thief])
    harness.expectUDP(node, at: thief)
  }

  @Test func whoHadItWrongfullyDoesNotGetItBackInTurn() {
    var harness = stolen()
    harness.discover(node, from: .udp(home))
    harness.sign(from: home)
    harness.advance(.seconds(31))
    harness.discover(node, from: .udp(thief))
    expect(harness.asked, [home])
    harness.expectUDP(node, at: home)
  }

  @Test func movingItOnDoesNotHideWhereItWasTakenFrom() {
    var harness = stolen()
    harness.tick(for: .seconds(31))
    harness.discover(node, from: .udp(test: 67))
    harness.tick(for: .seconds(4))
    harness.expectUDP(node, at: .test(67))
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
  }

  @Test func aForgedReturnLastsAsLongAsTheQuestionsAndNotAgainForHalfAMinute() {
    var harness = stolen()
    // The "thief" is the node, moved rightfully, and nobody is at home any more.
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
    harness.tick(for: .seconds(3))
    harness.expectUDP(node, at: thief)
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: thief)
    harness.tick(for: .seconds(26))
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: thief)
  }

  @Test func aProofIsNotTakenBack() throws {
    var harness = stolen()
    harness.proven(try .test(of: node, at: harness.now), from: thief)
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: thief)
    harness.router.revoke(node)
    harness.discover(node, from: .udp(thief))
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: thief)
    expect(harness.statistics.moves[.returned], 0)
  }

  @Test func aBeaconThatCanNotAskTakesItBackAllTheSame() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(home))
    harness.advance(.seconds(76))
    harness.discover(node, from: .udp(thief))
    harness.expectUDP(node, at: thief)
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.moves[.returned], 1)
  }

  @Test func theTableKeepsItsSizeAndTakesNewcomers() {
    var formers = FormerEndpoints(seed: 3)
    for number in 1...20_000 as ClosedRange<UInt32> {
      formers.remember(.test(number), at: .test(number), until: 600 + UInt64(number), now: 0)
      expect(formers.takesBack(.test(number), to: .test(number), holdDown: 30, at: 1), true)
    }
    let left = (1...20_000 as ClosedRange<UInt32>).count { number in
      formers.takesBack(.test(number), to: .test(number), holdDown: 30, at: 100)
    }
    #expect(left > 3_900 && left <= FormerEndpoints.capacity)
  }
}
