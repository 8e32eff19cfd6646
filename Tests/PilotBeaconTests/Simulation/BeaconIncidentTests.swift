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
  private static func started(nodes: Int, key: PublicKey? = nil) throws -> BeaconSimulation {
    var simulation = BeaconSimulation(seed: 1, conditions: conditions)
    for _ in 0..<nodes { simulation.addNode(key: key, from: .start) }
    try simulation.run(for: .seconds(30))
    simulation.expectAllReachable("at the start")
    return simulation
  }

  private static let elsewhere = Endpoint(ipv4: 192, 0, 2, 77, port: 4_001)

  @Test func aNodeThatStartsAnewWithAnotherPortIsBackWithItsFirstAnnouncement() throws {
    var simulation = try Self.started(nodes: 3)
    let old = simulation.network.endpoint(of: simulation.nodes[1].host)
    simulation.restartNode(1, at: Endpoint(high: old.high, low: old.low, port: 4_001))
    try simulation.run(for: .milliseconds(21))
    simulation.expectAllReachable("after the announcement")
    #expect(simulation.beacon.router.statistics.moves[.port] == 1)
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

  @Test func aNodeOfWhichICMPTellsNothingIsBackAfterTwoMinutes() throws {
    var simulation = try Self.started(nodes: 3)
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
