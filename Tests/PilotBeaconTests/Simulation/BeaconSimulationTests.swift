import PilotBeacon
import PilotNode
import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// Half an hour in the life of a beacon with 2,000 nodes, most of them behind NATs, over links that lose, repeat and
/// reorder. What holds all the time: a relay is taken only from where its sender has announced itself, goes only to where
/// its destination has, never back to an older place, and arrives at nobody else; router and network account for all.
@Suite(.timeLimit(.minutes(5)))
struct BeaconSimulationTests {
  private static let nodeCount = 2_000

  private static var conditions: LinkConditions {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    conditions.jitter = .milliseconds(30)
    (conditions.loss, conditions.duplication, conditions.reordering) = (0.02, 0.01, 0.01)
    conditions.mtu = 1_472
    return conditions
  }

  /// Eight nodes behind each NAT, of the four kinds in turn, and one in ten nodes without one. One in four has a key.
  private static func makeSimulation(seed: UInt64) throws -> BeaconSimulation {
    var simulation = BeaconSimulation(seed: seed, conditions: conditions)
    var kinds: [NATBehavior] = [.fullCone, .addressRestricted, .portRestricted, .symmetric]
    // The least that RFC 4787 allows (REQ-5).
    for index in kinds.indices { kinds[index].idleTimeout = .seconds(120) }
    var nat: SimulatedNetwork.NAT?
    for number in 0..<nodeCount {
      if number % 8 == 0 { nat = simulation.addNAT(kinds[number / 8 % 4]) }
      let begin = MonotonicInstant.start.advanced(
        by: .milliseconds(Int.random(in: 0..<30_000, using: &simulation.random)))
      simulation.addNode(
        behind: number % 10 == 9 ? nil : nat, key: number % 4 == 0 ? try .test(UInt8(number % 256)) : nil, from: begin)
    }
    return simulation
  }

  @Test(arguments: [1, 2] as [UInt64])
  func inHalfAnHourOfLossesAndLiesNoRelayIsTakenFromOrGoesToAStranger(seed: UInt64) throws {
    var simulation = try Self.makeSimulation(seed: seed)
    try simulation.run(for: .seconds(90))
    simulation.expectAllReachable("after their first announcements")
    simulation.startChat()

    try Self.forge(&simulation)
    try Self.rebind(&simulation)
    try Self.partition(&simulation)
    try Self.restart(&simulation)
    try Self.expire(&simulation)

    let received = simulation.nodes.map { $0.received + $0.probesReceived }.reduce(0, +)
    let taken = Int(simulation.beacon.relaysTaken)
    // What the beacon sends on is lost on the way, or repeated; or its destination is gone.
    #expect(received > taken * 8 / 10, "seed \(seed): of \(taken) relays \(received) arrived")
    #expect(simulation.network.counters.sent > 100_000)
    let faults = simulation.faults
    #expect(faults == [], "seed \(seed)")
  }

  /// Strangers claim 300 nodes, some with the nodes' own public keys, again and again: nodes that speak don't move.
  private static func forge(_ simulation: inout BeaconSimulation) throws {
    let strangers = [simulation.addStranger(), simulation.addStranger()]
    for round in 0..<24 {
      for node in simulation.nodes.prefix(300) {
        let claim = Discover(node: node.id, publicKey: round % 2 == 0 ? node.key : nil).encoded()
        simulation.send(claim, from: strangers[round % 2])
      }
      try simulation.run(for: .seconds(5))
    }
    simulation.expectAllReachable("while they are claimed from elsewhere")
    let statistics = simulation.beacon.router.statistics
    #expect(statistics.discovers[.moved] == 0)
    #expect(statistics.discovers[.refusedAlive] > 0 && statistics.discovers[.refusedProven] > 0)
    #expect(statistics.probes > 0 && statistics.moves[.unreachable] == 0)
  }

  /// Every tenth NAT loses its mappings. Nodes that can prove who they are come back with their next announcement; the
  /// others when their old endpoint has been silent for longer than a node would be.
  private static func rebind(_ simulation: inout BeaconSimulation) throws {
    for index in stride(from: 0, to: simulation.nats.count, by: 10) {
      simulation.network.restart(simulation.nats[index])
    }
    let reachable = simulation.reachable()
    #expect(reachable < nodeCount - nodeCount / 20)
    try simulation.run(for: .seconds(65))
    let proven = simulation.reachable { $0.key != nil }
    // A challenge or a proof can be lost, and is repeated with the next announcement.
    #expect(proven >= nodeCount / 4 - 10)
    try simulation.run(for: .seconds(65))
    simulation.expectAllReachable("after their NATs were restarted")
    #expect(simulation.beacon.router.statistics.moves[.unanswered] > 0)
  }

  /// A quarter of the nodes is cut off for longer than a silent node is believed to be alive.
  private static func partition(_ simulation: inout BeaconSimulation) throws {
    simulation.network.partition(simulation.nodes.suffix(nodeCount / 4).map(\.host))
    try simulation.run(for: .seconds(90))
    #expect(simulation.nodes.count { !$0.isReady } >= nodeCount / 4)
    simulation.network.heal()
    // By then a node asks once a minute; one in twenty-five loses its question, or the answer, and needs a second one.
    try simulation.run(for: .seconds(130))
    simulation.expectAllReachable("after the partition")
    let ready = simulation.nodes.count { $0.isReady }
    #expect(ready > nodeCount * 95 / 100)
  }

  /// The beacon's process ends, and another takes its place, which knows nobody.
  private static func restart(_ simulation: inout BeaconSimulation) throws {
    simulation.network.close(simulation.beacon.host)
    try simulation.run(for: .seconds(5))
    #expect(simulation.network.counters.unreachableReports > 0)
    simulation.beacon.restart()
    simulation.network.reopen(simulation.beacon.host)
    let reachable = simulation.reachable()
    #expect(reachable == 0)
    try simulation.run(for: .seconds(70))
    simulation.expectAllReachable("after the beacon was restarted")
  }

  /// One node in five is gone for good, and forgotten after ten minutes.
  private static func expire(_ simulation: inout BeaconSimulation) throws {
    for node in simulation.nodes.prefix(nodeCount / 5) { simulation.network.close(node.host) }
    try simulation.run(for: .seconds(670))
    let left = simulation.reachable()
    #expect(left == nodeCount - nodeCount / 5)
    #expect(simulation.beacon.router.statistics.nodes == left)
  }
}

extension BeaconSimulation {
  /// A relay to each node would arrive, and the router holds no more than them.
  mutating func expectAllReachable(_ when: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let (reachable, registered) = (reachable(), beacon.router.statistics.nodes)
    #expect(reachable == nodes.count, "\(when)", sourceLocation: sourceLocation)
    #expect(registered == nodes.count, "\(when)", sourceLocation: sourceLocation)
  }

  /// Sends a frame from somewhere to the beacon.
  mutating func send(_ frame: [UInt8], from host: SimulatedNetwork.Host) {
    network.send(frame, from: host, to: SimulatedBeacon.endpoint, at: network.now)
  }
}
