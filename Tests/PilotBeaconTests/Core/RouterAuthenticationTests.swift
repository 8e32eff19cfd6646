import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// What a node has to prove to be registered over UDP.
struct RouterAuthenticationTests {
  private let node = NodeID.test(7)
  private let other = NodeID.test(8)
  private let home = Endpoint.test(1)

  private func harness(
    _ authentication: UDPAuthentication, nodesOnly: Bool = false, listed: Set<NodeID> = []
  ) -> RouterHarness {
    var configuration = RouterConfiguration()
    configuration.udpAuthentication = authentication
    configuration.servesListedNodesOnly = nodesOnly
    return RouterHarness(configuration, listed: listed)
  }

  @Test(arguments: UDPAuthentication.allCases)
  func aNodeThatHasProvenItselfOnceComesBackByAPlainDiscoverOnlyIfNoProofIsAskedFor(
    authentication: UDPAuthentication
  ) throws {
    var harness = harness(authentication, listed: [node])
    harness.proven(try .test(of: node, at: harness.now), from: home)
    harness.advance(.seconds(601))
    harness.router.expire(at: harness.now, limit: 100_000)
    expect(
      harness.discover(node, from: .udp(test: 2), key: try .test(1)), .reply(.udp(.test(2)), invites: true))
    if authentication == .off {
      harness.expectUDP(node, at: .test(2))
    } else {
      harness.expectNowhere(node)
      expect(harness.statistics.discovers[.refusedUnproven], 1)
      harness.proven(try .test(of: node, at: harness.now), from: home)
      harness.expectUDP(node, at: home)
    }
  }

  @Test func preferAsksForNoProofOfANodeThatHasNeverGivenOneOrOnlyOverWSS() {
    var harness = harness(.prefer, listed: [node])
    harness.attach(node: node, connection: ConnectionID(rawValue: 1))
    harness.detach(node: node, connection: ConnectionID(rawValue: 1))
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
  }

  @Test func aRevokedKeysNodeNeedsNoProofAnyMore() throws {
    for revokesAll in [false, true] {
      var harness = harness(.prefer)
      harness.proven(try .test(of: node, at: harness.now), from: home)
      if revokesAll { harness.router.revokeAll() } else { harness.router.revoke(node) }
      harness.advance(.seconds(601))
      harness.discover(node, from: .udp(test: 2))
      harness.expectUDP(node, at: .test(2))
    }
  }

  @Test func requireRegistersNobodyByADiscover() throws {
    var harness = harness(.require, listed: [node])
    expect(harness.discover(node, from: .udp(home), key: try .test(1)), .reply(.udp(home), invites: true))
    expect(harness.discover(other, from: .udp(test: 2)), .reply(.udp(test: 2)))
    expect(harness.outputs.count, 1)
    expect(
      harness.router.takeIncidents(),
      [
        RouterIncident(.refused(.refusedUnproven), node, from: home, to: nil),
        RouterIncident(.refused(.refusedUnlisted), other, from: .test(2), to: nil),
      ])
    harness.expectNowhere(node)
    harness.expectNowhere(other)
    expect(harness.statistics.discovers[.refusedUnproven], 1)
    expect(harness.statistics.discovers[.refusedUnlisted], 1)
    expect(harness.relay(other, to: node, from: .udp(test: 2)), .drop(.senderUnknown))
    harness.proven(try .test(of: node, at: harness.now), from: home)
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
    expect(harness.statistics.discovers[.refreshed], 1)
    // What all were told not to trust any longer isn't prolonged.
    harness.router.revokeAll()
    harness.advance(.seconds(300))
    harness.discover(node, from: .udp(home))
    expect(harness.statistics.discovers[.refusedUnproven], 2)
    harness.advance(.seconds(300))
    harness.expectNowhere(node)
  }

  @Test func nodesOnlyServesListedOnesAndFetchesTheKeysOfOthers() {
    var harness = harness(.prefer, nodesOnly: true, listed: [node])
    harness.discover(node, from: .udp(home))
    harness.expectUDP(node, at: home)
    expect(harness.discover(other, from: .udp(test: 2)), .reply(.udp(test: 2)))
    expect(harness.outputs, [.reply(.udp(.test(2))), .fetchKey(other)])
    harness.expectNowhere(other)
    expect(harness.relay(other, to: node, from: .udp(test: 2)), .drop(.senderUnknown))
    expect(harness.statistics.discovers[.refusedUnlisted], 1)
    for number in 0..<100 as Range<UInt32> { harness.discover(.test(100 + number), from: .udp(test: 2)) }
    expect(harness.statistics.fetchesHeldBack, 97)
    expect(harness.statistics.nodes, 1)
    // It is taken out of the list.
    harness.router.revoke(node)
    harness.expectNowhere(node)
  }

  @Test func nodesOnlyProlongsNoRegistrationOfANodeThatIsNotListedAnyMore() {
    let listing = ChangingListing()
    var configuration = RouterConfiguration()
    configuration.servesListedNodesOnly = true
    var router = Router(configuration, seed: 1, listing: listing)
    let frame = Discover(node: node).encoded()
    for isListed in [true, false] {
      listing.isListed.withLock { $0 = isListed }
      _ = router.on(frame.span.raw, from: .udp(home), at: .start)
    }
    expect(router.statistics.discovers[.registered], 1)
    expect(router.statistics.discovers[.refusedUnlisted], 1)
    expect(router.statistics.discovers[.refreshed], 0)
  }

  @Test(arguments: UDPAuthentication.allCases)
  func theBroadcastAddressIsNobody(authentication: UDPAuthentication) throws {
    let everybody = NodeID.test(.max)
    var harness = harness(authentication, listed: [everybody])
    expect(harness.discover(everybody, from: .udp(home), key: try .test(1)), .reply(.udp(home)))
    harness.expectNowhere(everybody)
    expect(harness.statistics.discovers[.refusedBroadcast], 1)
    expect(harness.relay(everybody, to: node, from: .udp(home)), .drop(.senderUnknown))
  }

  @Test func theListOfProvenNodesIsExactAndBounded() {
    var proven = ProvenNodes(capacity: 1_000, seed: 5)
    for number in 1...1_000 as ClosedRange<UInt32> { expect(proven.insert(.test(number)), false) }
    expect(proven.insert(.test(1)), false)
    let strangers = (1_001...200_000 as ClosedRange<UInt32>).count { proven.contains(.test($0)) }
    expect(strangers, 0)
    for number in 2_000...12_000 as ClosedRange<UInt32> {
      expect(proven.insert(.test(number)), true)
      expect(proven.contains(.test(number)), true)
      expect(proven.count, 1_000)
    }
    proven.remove(.test(12_000))
    expect(proven.contains(.test(12_000)), false)
    proven.removeAll()
    expect(proven.count, 0)
  }

  @Test func oneThatMakesWayInTheListIsCounted() throws {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = 2
    var harness = RouterHarness(configuration)
    for number in 1...3 as ClosedRange<UInt32> {
      harness.proven(try .test(of: .test(number), at: harness.now), from: .test(number))
    }
    expect(harness.statistics.provenForgotten, 1)
  }
}

/// One that changes its mind.
private final class ChangingListing: NodeListing {
  let isListed = Mutex(true)

  func isListed(_ node: NodeID) -> Bool { isListed.withLock { $0 } }
}
