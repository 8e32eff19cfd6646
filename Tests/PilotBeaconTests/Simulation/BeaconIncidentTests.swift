import PilotBeacon
import PilotTesting
import PilotNode
import PilotTransport
import PilotWire
import Testing

/// Single incidents, each with a few nodes.
struct BeaconIncidentTests {
  private static var conditions: LinkConditions {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    return conditions
  }

  /// A simulation with nodes on the public network, registered.
  private static func started(nodes: Int, key: PublicKey? = nil, asks: Bool = true) throws -> BeaconSimulation {
    var simulation = BeaconSimulation(seed: 1, conditions: conditions, asks: asks)
    for _ in 0..<nodes { simulation.addNode(key: key, from: .start) }
    try simulation.run(for: .seconds(30))
    simulation.expectAllReachable("at the start")
    return simulation
  }

  private static let elsewhere = Endpoint(ipv4: 192, 0, 2, 77, port: 4_001)

  @Test func aNodeThatStartsAnewWithAnotherPortIsBackAfterARoundTrip() throws {
    var simulation = try Self.started(nodes: 3)
    let old = simulation.network.endpoint(of: simulation.nodes[1].host)
    simulation.restartNode(1, at: Endpoint(high: old.high, low: old.low, port: 4_001))
    // Announcement, probe of the old port, report of ICMP.
    try simulation.run(for: .milliseconds(61))
    simulation.expectAllReachable("after ICMP's report")
    #expect(simulation.beacon.router.statistics.moves[.unreachable] == 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aNodeThatStartsAnewAtAnotherAddressIsBackAfterARoundTrip() throws {
    var simulation = try Self.started(nodes: 3)
    simulation.restartNode(1, at: Self.elsewhere)
    // Announcement, probe of the old port, report of ICMP.
    try simulation.run(for: .milliseconds(61))
    simulation.expectAllReachable("after ICMP's report")
    #expect(simulation.beacon.router.statistics.moves[.unreachable] == 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aNodeOfWhichICMPTellsNothingIsBackWithinFourSeconds() throws {
    var simulation = try Self.started(nodes: 3)
    var silent = Self.conditions
    silent.reportsUnreachable = false
    simulation.network.setConditions(silent)
    simulation.restartNode(1, at: Self.elsewhere)
    try simulation.run(for: .seconds(3))
    let before = simulation.reachable()
    #expect(before == 2)
    try simulation.run(for: .milliseconds(300))
    simulation.expectAllReachable("after three questions")
    #expect(simulation.beacon.router.statistics.moves[.unanswered] == 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aNodeOfABeaconThatCanNotAskIsBackAfterTwoMinutes() throws {
    var simulation = try Self.started(nodes: 3, asks: false)
    var silent = Self.conditions
    silent.reportsUnreachable = false
    simulation.network.setConditions(silent)
    simulation.restartNode(1, at: Self.elsewhere)
    try simulation.run(for: .seconds(60))
    let before = simulation.reachable()
    #expect(before == 2)
    try simulation.run(for: .seconds(61))
    simulation.expectAllReachable("after the old port has been silent")
    let faults = simulation.faults
    #expect(faults == [])
  }

  /// Each second a stranger, or one of a hundred of his, claims a node that does no more than deployed ones, over links that
  /// lose one datagram in a hundred.
  @Test(arguments: [1, 100], [1, 2, 3] as [UInt64])
  func aNodeThatIsClaimedEverySecondForAnHourIsKept(strangers: Int, seed: UInt64) throws {
    var simulation = BeaconSimulation(seed: seed, conditions: Self.conditions)
    for _ in 0..<3 { simulation.addNode(from: .start) }
    try simulation.run(for: .seconds(30))
    var lossy = Self.conditions
    lossy.loss = 0.01
    simulation.network.setConditions(lossy)
    let thieves = (0..<strangers).map { _ in simulation.addStranger() }
    for second in 0..<3_600 {
      simulation.send(Discover(node: simulation.nodes[0].id).encoded(), from: thieves[second % strangers])
      try simulation.run(for: .seconds(1))
      let reachable = simulation.reachable()
      #expect(reachable == 3, "second \(second)")
    }
    let statistics = simulation.beacon.router.statistics
    #expect(statistics.moves.total == 0)
    #expect(statistics.claimsRefused >= (strangers == 1 ? 110 : 1_700))
    // Who was refused waits for half a minute, and others for a second; few claims need a second question.
    #expect(statistics.questions < (strangers == 1 ? 150 : 1_900))
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aNodeThatWasTakenAwayWhileItsAnswersWereLostIsBackWithItsNextAnnouncement() throws {
    var simulation = try Self.started(nodes: 3)
    let thief = simulation.addStranger()
    simulation.network.cut(to: simulation.nodes[1].host)
    simulation.send(Discover(node: simulation.nodes[1].id).encoded(), from: thief)
    try simulation.run(for: .seconds(4))
    let stolen = simulation.reachable()
    #expect(stolen == 2)
    simulation.network.heal()
    try simulation.run(for: .seconds(60))
    simulation.expectAllReachable("after its next announcement")
    #expect(simulation.beacon.router.statistics.moves[.returned] == 1)
    for _ in 0..<120 {
      simulation.send(Discover(node: simulation.nodes[1].id).encoded(), from: thief)
      try simulation.run(for: .seconds(1))
      simulation.expectAllReachable("while the thief goes on")
    }
    let faults = simulation.faults
    #expect(faults == [])
  }

  /// A NAT gives another port; the question to the old one reaches nobody, and nothing reports it.
  @Test func aNodeWhoseNATHasReboundIsBackThreeSecondsAfterItsAnnouncement() throws {
    var simulation = BeaconSimulation(seed: 1, conditions: Self.conditions)
    for kind in [NATBehavior.fullCone, .addressRestricted, .portRestricted, .symmetric] {
      simulation.addNode(behind: simulation.addNAT(kind), from: .start)
    }
    try simulation.run(for: .seconds(30))
    simulation.expectAllReachable("at the start")
    for node in simulation.nodes { simulation.network.forgetMappings(of: node.host) }
    // The next announcement is due after 60 s.
    try simulation.run(for: .seconds(34))
    simulation.expectAllReachable("after the announcement, and three questions")
    let statistics = simulation.beacon.router.statistics
    #expect(statistics.moves[.unanswered] == 4 && statistics.moves.total == 4)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aNodeThatCanProveItIsBackAtOnceThoughAStrangerWasFirst() throws {
    var simulation = try Self.started(nodes: 3, key: try .test(5))
    let stranger = simulation.addStranger()
    simulation.network.close(simulation.beacon.host)
    simulation.beacon.restart()
    simulation.network.reopen(simulation.beacon.host)
    let key = simulation.nodes[0].key
    for node in simulation.nodes { simulation.send(Discover(node: node.id, publicKey: key).encoded(), from: stranger) }
    try simulation.run(for: .seconds(1))
    let stolen = simulation.reachable()
    #expect(stolen == 0)
    for _ in 0..<60 {
      for node in simulation.nodes { simulation.send(Discover(node: node.id).encoded(), from: stranger) }
      try simulation.run(for: .seconds(1))
    }
    simulation.expectAllReachable("after their proofs")
    let faults = simulation.faults
    #expect(faults == [])
  }

  /// What comes in does not open a NAT again, so a node has to speak more often than its NAT forgets. RFC 4787 asks for two
  /// minutes (REQ-5); many devices take 30 seconds.
  @Test(arguments: [(120, 60), (30, 25)])
  func aNodeThatSpeaksMoreOftenThanItsNATForgetsIsAlwaysReachable(timeout: Int, interval: Int) throws {
    var simulation = BeaconSimulation(seed: 1, conditions: Self.conditions)
    var configuration = BeaconLink.Configuration()
    configuration.registration.interval = .seconds(interval)
    for kind in [NATBehavior.fullCone, .addressRestricted, .portRestricted, .symmetric] {
      var behavior = kind
      behavior.idleTimeout = .seconds(timeout)
      simulation.addNode(behind: simulation.addNAT(behavior), configuration, from: .start)
    }
    for _ in 0..<300 {
      try simulation.run(for: .seconds(1))
      simulation.expectAllReachable("behind a NAT that forgets after \(timeout) s")
    }
    let faults = simulation.faults
    #expect(faults == [])
  }

  /// A round trip takes 40 ms.
  @Test func aNodeThatHasProvenItselfIsToldInARoundTripThatAnotherIsNotThere() throws {
    var simulation = BeaconSimulation(seed: 1, conditions: Self.conditions)
    let key: PublicKey = try .test(5)
    for key in [key, nil] { simulation.addNode(key: key, from: .start) }
    try simulation.run(for: .seconds(30))
    for second in 1...3 {
      for _ in 0..<20 { for node in simulation.nodes { node.relay(to: .test(77), &simulation.network) } }
      try simulation.run(for: .milliseconds(41))
      #expect(simulation.nodes[0].gone.count == second, "once a second")
      try simulation.run(for: .milliseconds(959))
    }
    #expect(simulation.nodes.map(\.gone) == [[.test(77), .test(77), .test(77)], []])
    // A stranger can use the node's address, and gets nothing by that.
    let thief = simulation.addStranger()
    let forged = Relay(sender: simulation.nodes[0].id, destination: .test(78), payload: RawSpan()).encoded()
    simulation.send(forged, from: thief)
    simulation.nodes[0].relay(to: simulation.nodes[1].id, &simulation.network)
    try simulation.run(for: .seconds(2))
    #expect(simulation.nodes[0].gone.count == 3)
    #expect(simulation.nodes[1].received == 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test func aBeaconThatOnlyHearsKeepsItsNodesAndTheyKeepAsking() throws {
    var simulation = try Self.started(nodes: 3)
    simulation.network.cut(from: simulation.beacon.host)
    try simulation.run(for: .seconds(300))
    simulation.expectAllReachable("as the beacon sees it")
    #expect(simulation.nodes.allSatisfy { !$0.isReady })
    // One a minute and the retries: 1, 2, 4, 8, 16 and 32 seconds, then a minute each.
    #expect(simulation.nodes.allSatisfy { (8...13).contains($0.announcements) })
    simulation.network.heal()
    try simulation.run(for: .seconds(61))
    #expect(simulation.nodes.allSatisfy { $0.isReady })
  }
}
