import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Registration over UDP, and the end of it.
struct RouterDiscoverTests {
  private let node = NodeID.test(7)
  private let here = Endpoint.test(1)

  @Test func registersTheObservedSourceAndAnswersIt() {
    var harness = RouterHarness()
    expect(harness.discover(node, from: .udp(here)), .reply(.udp(here)))
    harness.expectUDP(node, at: here)
    expect(harness.statistics.discovers[.registered], 1)
    expect(harness.statistics.nodes, 1)
  }

  @Test func discoverExAsksForTheDestinationAndDiscoverTakesThatBack() {
    var harness = RouterHarness()
    expect(harness.discover(node, from: .udp(here), ex: true), .reply(.udp(here)))
    harness.expectUDP(node, at: here, ex: true)
    harness.discover(node, from: .udp(here))
    harness.expectUDP(node, at: here)
    harness.discover(node, from: .udp(here), ex: true)
    harness.expectUDP(node, at: here, ex: true)
  }

  @Test(arguments: [false, true])
  func discoverWithNodeZeroIsAnsweredWithTheObservedAddressAndRegistersNothing(ex: Bool) throws {
    var harness = RouterHarness()
    expect(harness.discover(nil, from: .udp(here), ex: ex), .reply(.udp(here)))
    expect(harness.discover(nil, from: .udp(here), ex: ex, key: try .test(1)), .reply(.udp(here)))
    expect(harness.statistics.discovers[.addressOnly], 2)
    expect(harness.statistics.nodes, 0)
    expect(harness.offer, nil)
  }

  @Test func discoverWithNodeZeroOverWSSIsAnsweredAndChangesNothing() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    expect(harness.discover(nil, from: .wss(1, node), ex: true), .reply(.wss(1, node)))
    expect(harness.statistics.discovers[.addressOnly], 1)
    expect(harness.route(to: node), .deliverWSS(ConnectionID(rawValue: 1), DeliverHeader(sender: .test(0xFFFF))))
  }

  @Test func otherTrailingBytesAreIgnored() {
    var harness = RouterHarness()
    expect(harness.frame([1, 0, 0, 0, 7, 9, 9], from: .udp(here)), .reply(.udp(here)))
    harness.expectUDP(node, at: here)
  }

  @Test func severalNodesShareAnEndpoint() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(here), ex: true)
    harness.discover(.test(8), from: .udp(here))
    harness.expectUDP(node, at: here, ex: true)
    harness.expectUDP(.test(8), at: here)
  }

  @Test func anEntryLivesTenMinutesToTheNanosecond() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(600) - .nanoseconds(1))
    harness.expectUDP(node, at: here)
    harness.advance(.nanoseconds(1))
    harness.expectNowhere(node)
    expect(harness.relay(node, to: node, from: .udp(here)), .drop(.senderUnknown))
  }

  @Test func discoverProlongsAndRelayDoesNot() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(599))
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(599))
    harness.relay(node, to: node, from: .udp(here))
    harness.expectUDP(node, at: here)
    harness.advance(.seconds(1))
    harness.expectNowhere(node)
    expect(harness.statistics.discovers[.refreshed], 1)
  }

  @Test func whatHasRunOutIsAnyonesAgain() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(600))
    expect(harness.discover(node, from: .udp(test: 2)), .reply(.udp(test: 2)))
    harness.expectUDP(node, at: .test(2))
    expect(harness.statistics.discovers[.registered], 2)
    expect(harness.statistics.nodes, 1)
  }

  @Test func expireRemovesWhatHasRunOutInBoundedSteps() {
    var harness = RouterHarness()
    for number in 1...1000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    harness.advance(.seconds(300))
    for number in 501...1000 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    expect(harness.router.expire(at: harness.now, limit: 100_000), 0)
    harness.advance(.seconds(300))
    var removed = 0
    for _ in 0..<1000 {
      let step = harness.router.expire(at: harness.now, limit: 10)
      #expect(step <= 10)
      removed += step
    }
    #expect(removed == 500)
    expect(harness.statistics.expirations, 500)
    expect(harness.statistics.nodes, 500)
    harness.expectUDP(.test(700), at: .test(700))
    harness.expectNowhere(.test(300))
  }

  @Test func whoMayNotSpeakAnyMoreGetsNothingMoreOnceTheWalkHasComeBy() throws {
    var harness = RouterHarness()
    for number in 1...100 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    try harness.prove(.test(7), at: .test(7))
    var rules = AddressRules()
    rules.denied = AddressSet([try CIDRBlock(parsing: "10.0.0.0/29")])
    expect(harness.router.expire(at: harness.now, admitting: rules, limit: 100_000), 7)
    expect(harness.router.expire(at: harness.now, admitting: rules, limit: 100_000), 0)
    expect(harness.statistics.expulsions, 7)
    expect(harness.statistics.expirations, 0)
    expect(harness.statistics.nodes, 93)
    harness.expectNowhere(.test(7))
    harness.expectUDP(.test(8), at: .test(8))
  }

  @Test func instantsThatArriveOutOfOrderDoNotShortenALife() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(-2))
    harness.discover(node, from: .udp(here))
    harness.advance(.seconds(602) - .nanoseconds(1))
    harness.expectUDP(node, at: here)
  }

  @Test func theEndOfTimeIsNoTrap() {
    var harness = RouterHarness(startingAt: MonotonicInstant(nanoseconds: .max))
    expect(harness.discover(node, from: .udp(here)), .reply(.udp(here)))
    expect(harness.discover(node, from: .udp(test: 2)), .reply(.udp(test: 2)))
  }
}
