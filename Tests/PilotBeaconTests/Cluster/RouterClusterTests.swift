import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What a router passes on to other beacons of a cluster, and what it takes from them.
struct RouterClusterTests {
  private static let here = NodeID.test(1)
  private static let there = NodeID.test(2)
  private static let overWSS = FrameOrigin.wss(ConnectionID(rawValue: 1), here)

  /// A router with a node over WSS, and one that has proven to be at another beacon.
  private static func populated() -> RouterHarness {
    var harness = RouterHarness()
    harness.attach(node: here, connection: ConnectionID(rawValue: 1))
    harness.router.placeRemotes([RemoteChange(there, at: 7, isProven: true)])
    return harness
  }

  private static func prove(_ node: NodeID, from endpoint: Endpoint, _ harness: inout RouterHarness) throws {
    let stamp = ChallengeStamp(at: harness.now, wantsDestination: false)
    let challenge = DiscoverChallenge(node: node, stamp: stamp, token: ChallengeToken(high: 0, low: 0))
    harness.proven(FakeAuthenticator.proof(of: challenge, by: try .test(1)), from: endpoint)
  }

  @Test func aRelayGoesToTheBeaconThatItsDestinationIsAttachedTo() {
    var harness = Self.populated()
    expect(harness.relay(Self.here, to: Self.there, from: Self.overWSS), .passOn(to: 7))
    let statistics = harness.statistics
    expect(statistics.relayedToNeighbours, 1)
    expect(statistics.clusterNodes, 1)
    harness.router.placeRemotes([RemoteChange(Self.there, at: 8)])
    expect(harness.relay(Self.here, to: Self.there, from: Self.overWSS), .passOn(to: 8))
    harness.router.placeRemotes([RemoteChange(Self.there, at: nil), RemoteChange(.test(9), at: nil)])
    expect(harness.relay(Self.here, to: Self.there, from: Self.overWSS), .drop(.destinationUnknown))
    harness.router.expire(at: harness.now, limit: 10_000)
    expect(harness.statistics.clusterNodes, 0)
  }

  @Test func whoIsHereIsFoundHereUnlessProvenElsewhereAlone() throws {
    var harness = Self.populated()
    // A stranger's Discover doesn't take a node from where it has proven to be.
    harness.discover(Self.there, from: .udp(test: 66))
    expect(harness.relay(Self.here, to: Self.there, from: Self.overWSS), .passOn(to: 7))
    // Where it has proven nothing either, it is here: until it misses an announcement.
    harness.router.placeRemotes([RemoteChange(Self.there, at: 7)])
    expect(
      harness.relay(Self.here, to: Self.there, from: Self.overWSS),
      .deliver(.udp(.test(66)), DeliverHeader(sender: Self.here)))
    harness.advance(.seconds(76))
    expect(harness.relay(Self.here, to: Self.there, from: Self.overWSS), .passOn(to: 7))
    // A proof here is as good as one there.
    harness.router.placeRemotes([RemoteChange(Self.there, at: 7, isProven: true)])
    try Self.prove(Self.there, from: .test(2), &harness)
    expect(
      harness.relay(Self.here, to: Self.there, from: Self.overWSS),
      .deliver(.udp(.test(2)), DeliverHeader(sender: Self.here)))
    harness.attach(node: Self.there, connection: ConnectionID(rawValue: 2))
    expect(
      harness.relay(Self.here, to: Self.there, from: Self.overWSS),
      .deliver(.wss(ConnectionID(rawValue: 2)), DeliverHeader(sender: Self.here)))
  }

  @Test func whatIsPassedOnIsDeliveredHereAndGoesNoFurther() {
    var harness = Self.populated()
    expect(
      harness.passed(Self.there, to: Self.here, by: 7),
      .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: Self.there)))
    expect(harness.statistics.relayedFromNeighbours, 1)
    expect(harness.passed(.test(3), to: Self.there, by: 8), .drop(.destinationUnknown))
    expect(harness.passed(.test(3), to: .test(4), by: 8), .drop(.destinationUnknown))
    expect(harness.gone, [])
    // Nor by the silence of who is registered here.
    harness.discover(.test(5), from: .udp(test: 5))
    harness.router.placeRemotes([RemoteChange(.test(5), at: 7, isProven: true)])
    harness.advance(.seconds(76))
    expect(
      harness.passed(Self.there, to: .test(5), by: 7), .deliver(.udp(.test(5)), DeliverHeader(sender: Self.there)))
    expect(harness.statistics.relayedToNeighbours, 0)
  }

  @Test func aBeaconSpeaksForWhoIsKnownToBeThereAndForWhoHasNotAuthenticatedHere() throws {
    var harness = Self.populated()
    harness.attach(node: .test(4), connection: ConnectionID(rawValue: 2))
    try Self.prove(.test(5), from: .test(5), &harness)
    for node in [NodeID.test(4), .test(5)] {
      expect(harness.passed(node, to: Self.here, by: 7), .drop(.senderMismatch))
      harness.router.placeRemotes([RemoteChange(node, at: 8, isProven: true)])
      expect(harness.passed(node, to: Self.here, by: 7), .drop(.senderMismatch))
      expect(
        harness.passed(node, to: Self.here, by: 8),
        .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: node)))
    }
    // Who has just come there, or goes from one to the other, isn't cut off until everybody knows of it.
    harness.discover(.test(6), from: .udp(test: 6))
    for node in [NodeID.test(6), .test(7), Self.there] {
      expect(
        harness.passed(node, to: Self.here, by: 8),
        .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: node)))
    }
  }

  @Test func whatIsRefusedIsCountedWithItsReason() {
    var harness = Self.populated()
    for reason in [RouterDropReason.notABeacon, .forgedRelay, .replayedRelay, .rateLimited] {
      expect(harness.router.refuse(reason, from: .udp(.test(66))), .drop(reason))
      expect(harness.statistics.drops[reason], 1)
    }
    expect(harness.statistics.accountedFor, harness.statistics.frames)
    let broken: [UInt8] = [0x05, 0, 0, 0, 0, 0, 0, 0, 1]
    let action = harness.router.passed(broken.span.raw, by: 7, from: .udp(.test(70)), at: harness.now)
    expect(action, .drop(.nodeIDZero))
    let sync: [UInt8] = [0x07, 0, 0, 0, 1, 0, 0, 0, 0]
    let other = harness.router.passed(sync.span.raw, by: 7, from: .udp(.test(70)), at: harness.now)
    expect(other, .drop(.truncated))
  }
}
