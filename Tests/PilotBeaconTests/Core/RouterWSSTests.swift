import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// WSS peers: the newest connection wins, by connection and not by node ID.
struct RouterWSSTests {
  private let node = NodeID.test(3)
  private let other = NodeID.test(4)
  private let old = ConnectionID(rawValue: 10)
  private let new = ConnectionID(rawValue: 11)

  @Test func theFirstConnectionReplacesNone() {
    var harness = RouterHarness()
    expect(harness.attach(node: node, connection: old), nil)
    expect(harness.attach(node: node, connection: old), nil)
    expect(harness.statistics.wssPeers, 1)
    expect(harness.statistics.replacements, 0)
  }

  @Test func aNewerConnectionReplacesTheOlderOne() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    expect(harness.attach(node: node, connection: new), old)
    expect(harness.route(to: node), .deliverWSS(new, DeliverHeader(sender: .test(0xFFFF))))
    expect(harness.statistics.replacements, 1)
  }

  @Test func nothingOfAReplacedConnectionIsDispatched() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    _ = harness.attach(node: node, connection: new)
    _ = harness.attach(node: other, connection: ConnectionID(rawValue: 20))
    expect(harness.relay(node, to: other, from: .wss(old, node)), .drop(.staleConnection))
    expect(harness.discover(node, from: .wss(old, node), ex: true), .drop(.staleConnection))
    expect(harness.frame([], from: .wss(old, node)), .drop(.staleConnection))
    expect(harness.route(to: node), .deliverWSS(new, DeliverHeader(sender: .test(0xFFFF))))
    expect(
      harness.relay(node, to: other, from: .wss(new, node)),
      .deliverWSS(ConnectionID(rawValue: 20), DeliverHeader(sender: node)))
  }

  @Test func theEndOfAReplacedConnectionLeavesTheNewOne() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    _ = harness.attach(node: node, connection: new)
    expect(harness.detach(node: node, connection: old), false)
    expect(harness.route(to: node), .deliverWSS(new, DeliverHeader(sender: .test(0xFFFF))))
    expect(harness.detach(node: node, connection: new), true)
    harness.expectNowhere(node)
    expect(harness.detach(node: node, connection: new), false)
    expect(harness.relay(node, to: other, from: .wss(new, node)), .drop(.staleConnection))
  }

  @Test func discoverIsAnsweredOverTheConnectionAndNeverRecorded() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    expect(harness.discover(node, from: .wss(old, node)), .reply(.wss(old, node)))
    expect(harness.statistics.nodes, 0)
    expect(harness.statistics.discovers[.wss], 1)
    harness.detach(node: node, connection: old)
    harness.expectNowhere(node)
  }

  @Test func discoverForAnotherNodeIsDropped() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    expect(harness.discover(other, from: .wss(old, node)), .drop(.nodeMismatch))
    harness.expectNowhere(other)
  }

  @Test func discoverExHoldsForTheConnectionOnly() {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    harness.discover(node, from: .wss(old, node), ex: true)
    let header = DeliverHeader(sender: .test(0xFFFF), destination: node)
    expect(harness.route(to: node), .deliverWSS(old, header))
    _ = harness.attach(node: node, connection: new)
    expect(harness.route(to: node), .deliverWSS(new, DeliverHeader(sender: .test(0xFFFF))))
    harness.discover(node, from: .wss(new, node), ex: true)
    harness.discover(node, from: .wss(new, node))
    expect(harness.route(to: node), .deliverWSS(new, DeliverHeader(sender: .test(0xFFFF))))
  }

  @Test func aForgedDiscoverTakesNothingFromAnAttachedNode() throws {
    var harness = RouterHarness()
    _ = harness.attach(node: node, connection: old)
    expect(harness.discover(node, from: .udp(test: 66)), .reply(.udp(test: 66)))
    expect(harness.discover(node, from: .udp(test: 66), key: try .test(1)), .reply(.udp(test: 66), invites: true))
    expect(harness.route(to: node), .deliverWSS(old, DeliverHeader(sender: .test(0xFFFF))))
    expect(harness.relay(node, to: node, from: .udp(test: 66)), .drop(.senderUnknown))
    expect(harness.statistics.discovers[.refusedAttached], 2)
    harness.detach(node: node, connection: old)
    harness.expectNowhere(node)
  }

  @Test func attachingForgetsWhatUDPHadOnlyClaimed() {
    var harness = RouterHarness()
    harness.discover(node, from: .udp(test: 66))
    _ = harness.attach(node: node, connection: old)
    expect(harness.relay(node, to: node, from: .udp(test: 66)), .drop(.senderUnknown))
    harness.detach(node: node, connection: old)
    harness.expectNowhere(node)
  }
}
