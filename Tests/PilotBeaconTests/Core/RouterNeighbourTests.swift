import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What other beacons say, what is passed on to them and taken from them, and what strangers can't have by their names.
struct RouterNeighbourTests {
  private static let neighbour = Endpoint.test(50, port: 9_001)
  private static let other = Endpoint.test(51, port: 9_001)
  private static let here = NodeID.test(1)
  private static let there = NodeID.test(2)
  private static let overWSS = FrameOrigin.wss(ConnectionID(rawValue: 1), here)
  private static let stands: Duration = .seconds(90)

  /// A router with two neighbours and a node over WSS.
  private static func populated(capacity: Int = 1_000, beaconID: UInt32? = nil) -> RouterHarness {
    var configuration = RouterConfiguration()
    configuration.neighbourNodeCapacity = capacity
    configuration.beaconID = beaconID
    var harness = RouterHarness(configuration)
    harness.router.placeNeighbours([neighbour, other])
    harness.attach(node: here, connection: ConnectionID(rawValue: 1))
    return harness
  }

  @discardableResult
  private static func list(
    _ nodes: [NodeID], of beaconID: UInt32 = 2, from endpoint: Endpoint = neighbour, _ harness: inout RouterHarness
  ) throws -> Reaction {
    harness.frame(try SyncAnnouncement(beaconID: beaconID, nodeIDs: nodes).encoded(), from: .udp(endpoint))
  }

  /// Where a frame from the node that is here to another one goes.
  private static func route(to node: NodeID, _ harness: inout RouterHarness) -> Reaction {
    harness.relay(here, to: node, from: overWSS)
  }

  private static func passedOn(to endpoint: Endpoint, _ node: NodeID = there) -> Reaction {
    .deliver(.udp(endpoint), DeliverHeader(relaying: here, to: node))
  }

  @Test func aRelayGoesUnchangedToTheBeaconThatListsItsDestination() throws {
    var harness = Self.populated()
    expect(try Self.list([Self.there], &harness), .nothing)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
    let frame = Relay(sender: Self.here, destination: Self.there, payload: RawSpan()).encoded()
    expect(DeliverHeader(relaying: Self.here, to: Self.there).bytes.copied(), frame)
    let statistics = harness.statistics
    expect(statistics.relayedToNeighbours, 1)
    expect(statistics.relayed[RelayCell(from: .wss, to: .udp)], 1)
    expect(statistics.syncs, 1)
    expect(statistics.neighbourNodes, 1)
  }

  @Test func aListReplacesTheOneBeforeItAndStandsFor90Seconds() throws {
    var harness = Self.populated()
    try Self.list([Self.there, .test(3)], &harness)
    try Self.list([.test(3)], &harness)
    expect(Self.route(to: Self.there, &harness), .drop(.destinationUnknown))
    harness.advance(Self.stands - .nanoseconds(1))
    expect(Self.route(to: .test(3), &harness), Self.passedOn(to: Self.neighbour, .test(3)))
    harness.advance(.nanoseconds(1))
    expect(Self.route(to: .test(3), &harness), .drop(.destinationUnknown))
    harness.router.expire(at: harness.now, limit: 100_000)
    expect(harness.statistics.neighbourNodes, 0)
  }

  @Test func severalListsOfOneBeaconStandBesideEachOther() throws {
    var harness = Self.populated()
    try Self.list([.test(3)], of: 256, &harness)
    try Self.list([.test(4)], of: 257, &harness)
    for node in [NodeID.test(3), .test(4)] {
      expect(Self.route(to: node, &harness), Self.passedOn(to: Self.neighbour, node))
    }
  }

  @Test func zerosInAListAreSkipped() throws {
    var harness = Self.populated()
    let frame: [UInt8] = [0x07, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    expect(harness.frame(frame, from: .udp(Self.neighbour)), .nothing)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
    expect(harness.statistics.neighbourNodes, 1)
  }

  @Test func aNodeStaysTheFirstListersAsLongAsThatOneListsIt() throws {
    var harness = Self.populated()
    try Self.list([Self.there], &harness)
    try Self.list([Self.there], of: 3, from: Self.other, &harness)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
    try Self.list([], &harness)
    try Self.list([Self.there], of: 3, from: Self.other, &harness)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.other))
  }

  @Test func whatIsHereIsFoundHereWhateverAListSays() throws {
    var harness = Self.populated()
    harness.discover(Self.there, from: .udp(test: 2))
    try Self.list([Self.here, Self.there], &harness)
    harness.expectUDP(Self.there, at: .test(2))
    let header = DeliverHeader(sender: Self.here)
    expect(Self.route(to: Self.here, &harness), .deliver(.wss(ConnectionID(rawValue: 1)), header))
  }

  @Test func aNodeThatHasMissedAnAnnouncementIsWhereANeighbourListsIt() throws {
    var harness = Self.populated()
    harness.discover(Self.there, from: .udp(test: 2))
    harness.advance(.seconds(75))
    try Self.list([Self.there], &harness)
    expect(Self.route(to: Self.there, &harness), .deliver(.udp(.test(2)), DeliverHeader(sender: Self.here)))
    harness.advance(.nanoseconds(1))
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
    // Without a list it is where it was.
    try Self.list([], &harness)
    expect(Self.route(to: Self.there, &harness), .deliver(.udp(.test(2)), DeliverHeader(sender: Self.here)))
  }

  @Test func whatANeighbourPassesOnIsDeliveredHereAndGoesNoFurther() throws {
    var harness = Self.populated()
    try Self.list([.test(9)], of: 3, from: Self.other, &harness)
    expect(
      harness.relay(Self.there, to: Self.here, from: .udp(Self.neighbour)),
      .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: Self.there)))
    expect(harness.statistics.relayedFromNeighbours, 1)
    for node in [NodeID.test(9), .test(10)] {
      expect(harness.relay(Self.there, to: node, from: .udp(Self.neighbour)), .drop(.destinationUnknown))
      expect(harness.gone, [])
    }
    expect(harness.statistics.relayedFromNeighbours, 1)
    expect(harness.statistics.relayedToNeighbours, 0)
  }

  @Test func aNeighbourSpeaksForNobodyWhoHasAuthenticatedHere() throws {
    var harness = Self.populated()
    harness.attach(node: .test(4), connection: ConnectionID(rawValue: 2))
    expect(harness.relay(Self.here, to: .test(4), from: .udp(Self.neighbour)), .drop(.senderMismatch))
    let stamp = ChallengeStamp(at: harness.now, wantsDestination: false)
    let challenge = DiscoverChallenge(node: .test(5), stamp: stamp, token: ChallengeToken(high: 0, low: 0))
    harness.proven(FakeAuthenticator.proof(of: challenge, by: try .test(1)), from: .test(5))
    expect(harness.relay(.test(5), to: .test(4), from: .udp(Self.neighbour)), .drop(.senderMismatch))
    // A node that can prove nothing may have moved there.
    harness.discover(.test(6), from: .udp(test: 6))
    expect(
      harness.relay(.test(6), to: .test(4), from: .udp(Self.neighbour)),
      .deliver(.wss(ConnectionID(rawValue: 2)), DeliverHeader(sender: .test(6))))
  }

  @Test func aNodeAtTheNeighboursAddressIsNotTheNeighbour() throws {
    var harness = Self.populated()
    let near = Endpoint.test(50, port: 4_000)
    expect(try Self.list([Self.there], from: near, &harness), .drop(.notANeighbour))
    expect(harness.relay(Self.there, to: Self.here, from: .udp(near)), .drop(.senderUnknown))
    // And the neighbour's frames of a node that is registered beside it are the neighbour's.
    harness.discover(Self.there, from: .udp(near))
    expect(
      harness.relay(Self.there, to: Self.here, from: .udp(Self.neighbour)),
      .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: Self.there)))
    harness.expectUDP(Self.there, at: near)
  }

  @Test func listsFromElsewhereAndOverWSSAndOnesOwnAreNone() throws {
    var harness = Self.populated(beaconID: 0x700)
    expect(try Self.list([Self.there], from: .test(66), &harness), .drop(.notANeighbour))
    let frame = try SyncAnnouncement(beaconID: 2, nodeIDs: [Self.there]).encoded()
    expect(harness.frame(frame, from: Self.overWSS), .drop(.notANeighbour))
    expect(Self.route(to: Self.there, &harness), .drop(.destinationUnknown))
    // The last of this beacon's numbers comes back: its own name is among those of the neighbours.
    expect(harness.router.neighbours.heard(at: harness.now.nanoseconds), [false, false])
    expect(try Self.list([Self.there], of: 0x7FF, &harness), .drop(.ownList))
    expect(Self.route(to: Self.there, &harness), .drop(.destinationUnknown))
    expect(harness.router.neighbours.heard(at: harness.now.nanoseconds), [true, false])
    expect(try Self.list([Self.there], of: 0x800, from: Self.other, &harness), .nothing)
  }

  @Test func whoForgesABeaconsOwnListShutsNoNeighbourOut() throws {
    var harness = Self.populated(beaconID: 0x700)
    for number in 0x700...0x7FF as ClosedRange<UInt32> { try Self.list([], of: number, &harness) }
    // It is told, heard, and passed frames to and from, as before.
    expect(harness.router.neighbours.endpoints, [Self.neighbour, Self.other])
    expect(try Self.list([Self.there], &harness), .nothing)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
    expect(
      harness.relay(Self.there, to: Self.here, from: .udp(Self.neighbour)),
      .deliver(.wss(ConnectionID(rawValue: 1)), DeliverHeader(sender: Self.there)))
  }

  @Test func aNeighboursListsHaveTheirPaceAndAreBounded() throws {
    var harness = Self.populated(capacity: 3)
    let nodes = (1...5).map { NodeID.test(100 + $0) }
    try Self.list(nodes, &harness)
    expect(harness.statistics.neighbourNodes, 3)
    expect(harness.statistics.syncNodesLeftOut, 2)
    for _ in 1..<NeighbourLists.pace.burst { expect(try Self.list(nodes, &harness), .nothing) }
    expect(try Self.list(nodes, &harness), .drop(.rateLimited))
    expect(try Self.list([], of: 3, from: Self.other, &harness), .nothing)
    harness.advance(.seconds(1))
    expect(try Self.list(nodes, &harness), .nothing)
  }

  @Test func aNeighbourFillsNoOnesRoomButItsOwn() throws {
    var harness = Self.populated(capacity: 3)
    try Self.list((1...5).map { .test(100 + $0) }, &harness)
    expect(harness.statistics.syncNodesLeftOut, 2)
    try Self.list((1...4).map { .test(200 + $0) }, of: 3, from: Self.other, &harness)
    expect(harness.statistics.syncNodesLeftOut, 3)
    expect(harness.statistics.neighbourNodes, 6)
    // What it lists no more makes room for what it lists, with the next sweep.
    try Self.list([.test(101)], &harness)
    try Self.list([.test(201), .test(102), .test(202)], of: 3, from: Self.other, &harness)
    expect(harness.statistics.syncNodesLeftOut, 4)
    harness.router.expire(at: harness.now, limit: 100_000)
    try Self.list([.test(201), .test(102), .test(202)], of: 3, from: Self.other, &harness)
    expect(harness.statistics.syncNodesLeftOut, 4)
    expect(Self.route(to: .test(102), &harness), Self.passedOn(to: Self.other, .test(102)))
    try Self.list([.test(101), .test(103), .test(104)], &harness)
    expect(harness.statistics.syncNodesLeftOut, 4)
    expect(Self.route(to: .test(104), &harness), Self.passedOn(to: Self.neighbour, .test(104)))
  }

  @Test func moreListsThanThereIsRoomForAreLeftOutAndCounted() throws {
    var harness = Self.populated()
    for number in 0..<UInt32(NeighbourLists.maximumLists) {
      try Self.list([], of: 1_000 + number, &harness)
      harness.advance(.milliseconds(125))
    }
    try Self.list([Self.there], of: 9, &harness)
    expect(harness.statistics.syncNodesLeftOut, 1)
    // Another neighbour's are its own.
    try Self.list([.test(3)], of: 9, from: Self.other, &harness)
    expect(Self.route(to: .test(3), &harness), Self.passedOn(to: Self.other, .test(3)))
    // The first of them have run out after 90 s.
    harness.advance(.seconds(60))
    try Self.list([Self.there], of: 9, &harness)
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: Self.neighbour))
  }

  @Test func aNeighbourThatHasMovedIsWhereItIsNow() throws {
    var harness = Self.populated()
    try Self.list([Self.there], &harness)
    harness.router.placeNeighbours([.test(60, port: 9_001), Self.other])
    expect(Self.route(to: Self.there, &harness), Self.passedOn(to: .test(60, port: 9_001)))
    expect(try Self.list([Self.there], &harness), .drop(.notANeighbour))
  }

  @Test func tellsWhoIsAttachedOnceEach() throws {
    var harness = Self.populated()
    func attached(_ harness: borrowing RouterHarness) -> [NodeID] {
      var nodes: [NodeID] = []
      for part in 0..<harness.router.attachedParts {
        harness.router.forEachAttached(inPart: part, at: harness.now) { nodes.append($0) }
      }
      return nodes.sorted { $0.rawValue < $1.rawValue }
    }
    for number in 2...9 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    // Over both: once.
    let stamp = ChallengeStamp(at: harness.now, wantsDestination: false)
    let challenge = DiscoverChallenge(node: Self.here, stamp: stamp, token: ChallengeToken(high: 0, low: 0))
    harness.proven(FakeAuthenticator.proof(of: challenge, by: try .test(1)), from: .test(1))
    expect(attached(harness), (1...9).map { .test($0) })
    // Who misses an announcement is left out once a neighbour lists it, and in any case with the second one.
    harness.advance(.seconds(76))
    try Self.list([.test(2)], &harness)
    expect(attached(harness), [Self.here] + (3...9).map { .test($0) })
    harness.advance(.seconds(59))
    expect(attached(harness), [Self.here])
  }

  @Test func withoutNeighboursNobodyIsListenedTo() throws {
    var harness = RouterHarness()
    expect(try Self.list([Self.there], &harness), .drop(.notANeighbour))
    expect(harness.router.attachedParts, 0)
  }
}
