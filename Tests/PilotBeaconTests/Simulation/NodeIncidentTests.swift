import PilotNode
import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// What a node makes of a bad network: losses, a NAT that forgets it, a beacon that forgets it, a clock that leaps.
struct NodeIncidentTests {
  private static var conditions: LinkConditions {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    return conditions
  }

  /// A third of everything is lost, and much of the rest comes late, twice, or in another order.
  private static var bad: LinkConditions {
    var conditions = conditions
    conditions.jitter = .milliseconds(200)
    (conditions.loss, conditions.duplication, conditions.reordering) = (0.3, 0.1, 0.2)
    conditions.reorderingDelay = .milliseconds(500)
    return conditions
  }

  /// A node behind a NAT, ready.
  private static func behindNAT(key: PublicKey? = nil, asks: Bool = true) throws -> BeaconSimulation {
    var simulation = BeaconSimulation(seed: 1, conditions: conditions, asks: asks)
    simulation.addNode(behind: simulation.addNAT(.portRestricted), key: key, from: .start)
    try simulation.run(for: .seconds(10))
    simulation.expectAllReachable("at the start")
    return simulation
  }

  // MARK: Losses

  @Test(
    "on links that lose a third and reorder a fifth, nodes get ready, and all are a minute after it ends",
    arguments: [1, 2, 3] as [UInt64])
  func losses(seed: UInt64) throws {
    var simulation = BeaconSimulation(seed: seed, conditions: Self.bad)
    for number in 0..<50 { simulation.addNode(key: number % 2 == 0 ? try .test(UInt8(number)) : nil, from: .start) }
    try simulation.run(for: .seconds(60))
    let early = simulation.nodes.count { $0.isReady }
    #expect(early >= 45, "seed \(seed)")
    simulation.startChat()
    var ready = 0
    for _ in 0..<60 {
      try simulation.run(for: .seconds(60))
      ready += simulation.nodes.count { $0.isReady }
    }
    // Three announcements in a row without an answer, of which half get one: one node in eight each minute, for a second or
    // a few.
    #expect(ready > 60 * 50 * 9 / 10, "seed \(seed)")
    simulation.network.setConditions(Self.conditions)
    try simulation.run(for: .seconds(70))
    #expect(simulation.nodes.allSatisfy { $0.isReady }, "seed \(seed)")
    simulation.expectAllReachable("a minute after it ended, seed \(seed)")
    #expect(simulation.nodes.allSatisfy { node in zip(node.states, node.states.dropFirst()).allSatisfy { $0 != $1 } })
    let faults = simulation.faults
    #expect(faults == [], "seed \(seed)")
  }

  @Test("the same seed gives the same, another one doesn't")
  func determinism() throws {
    func run(seed: UInt64) throws -> ([[NodeState]], SimulationCounters) {
      var simulation = BeaconSimulation(seed: seed, conditions: Self.bad)
      for _ in 0..<20 { simulation.addNode(from: .start) }
      simulation.startChat()
      try simulation.run(for: .seconds(600))
      return (simulation.nodes.map(\.states), simulation.network.counters)
    }
    let (states, counters) = try run(seed: 4)
    let (again, countersAgain) = try run(seed: 4)
    #expect(states == again)
    #expect(counters == countersAgain)
    let (_, other) = try run(seed: 5)
    #expect(counters != other)
  }

  // MARK: NATs

  @Test("a NAT that gives a node another port: ready with the new address after an announcement and three questions")
  func rebinding() throws {
    var simulation = try Self.behindNAT()
    let host = simulation.nodes[0].host
    let old = simulation.network.endpoint(of: host, seenBy: SimulatedBeacon.endpoint)
    simulation.network.forgetMappings(of: host)
    // Its next announcement, and three questions to the old port: for longer than a node waits for its first frame.
    try simulation.run(for: .seconds(65))
    let new = simulation.network.endpoint(of: host, seenBy: SimulatedBeacon.endpoint)
    #expect(old != new)
    #expect(
      simulation.nodes[0].states == [.ready(observed: old), .unreachable(.undelivered), .ready(observed: new)])
    simulation.expectAllReachable("after the next announcement")
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test("a NAT with another address: a node that can prove itself is ready with it within an announcement")
  func renumbering() throws {
    var simulation = try Self.behindNAT(key: .test(5))
    let host = simulation.nodes[0].host
    let old = simulation.network.endpoint(of: host, seenBy: SimulatedBeacon.endpoint)
    simulation.network.renumber(simulation.nats[0], to: Endpoint(ipv4: 203, 0, 113, 200, port: 0))
    try simulation.run(for: .seconds(61))
    let new = simulation.network.endpoint(of: host, seenBy: SimulatedBeacon.endpoint)
    #expect(simulation.nodes[0].states == [.ready(observed: old), .ready(observed: new)])
    simulation.expectAllReachable("after the next announcement and a proof")
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test("a NAT with another address: a node that can prove nothing is not ready before the beacon believes it")
  func renumberingWithoutProof() throws {
    var simulation = try Self.behindNAT(asks: false)
    simulation.network.renumber(simulation.nats[0], to: Endpoint(ipv4: 203, 0, 113, 200, port: 0))
    // Its next announcement, and the wait for a frame that comes through.
    try simulation.run(for: .seconds(65))
    let refused = simulation.reachable()
    #expect(refused == 0)
    #expect(simulation.nodes[0].state == .unreachable(.undelivered))
    // The old endpoint has to be silent for two minutes.
    try simulation.run(for: .seconds(125))
    simulation.expectAllReachable("after the old endpoint was silent")
    let new = simulation.network.endpoint(of: simulation.nodes[0].host, seenBy: SimulatedBeacon.endpoint)
    #expect(simulation.nodes[0].state == .ready(observed: new))
  }

  // MARK: The beacon

  @Test("a beacon that ends and starts anew, knowing nobody: ready is withdrawn, and told when it holds again")
  func beaconRestarts() throws {
    var simulation = try Self.behindNAT()
    let ready = simulation.nodes[0].state
    simulation.network.close(simulation.beacon.host)
    try simulation.run(for: .seconds(70))
    #expect(simulation.nodes[0].states == [ready, .unreachable(.unanswered)])
    simulation.beacon.restart()
    simulation.network.reopen(simulation.beacon.host)
    // ICMP has told the node that nobody is there: it asks twice a second.
    try simulation.run(for: .seconds(1))
    #expect(simulation.nodes[0].states == [ready, .unreachable(.unanswered), ready])
    simulation.expectAllReachable("a second after the beacon is back")
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test("a beacon that is exchanged at once: nobody notices, and the next announcement makes up for it")
  func beaconIsExchanged() throws {
    var simulation = try Self.behindNAT()
    simulation.beacon.restart()
    let forgotten = simulation.reachable()
    #expect(forgotten == 0)
    try simulation.run(for: .seconds(61))
    simulation.expectAllReachable("after the next announcement")
    #expect(simulation.nodes[0].states.count == 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  // MARK: Time

  @Test(
    "hours pass between two looks at the clock: one announcement, and a node that was forgotten is back",
    arguments: [1, 9, 25])
  func leap(hours: Int) throws {
    var simulation = try Self.behindNAT()
    let (ready, announcements) = (simulation.nodes[0].state, simulation.nodes[0].announcements)
    simulation.suspend(0)
    try simulation.run(for: .seconds(hours * 3_600))
    let forgotten = simulation.reachable()
    #expect(forgotten == 0)
    simulation.resume(0)
    #expect(simulation.nodes[0].announcements == announcements + 1, "what was missed isn't made up for")
    try simulation.run(for: .milliseconds(41))
    simulation.expectAllReachable("a round trip after it woke")
    try simulation.run(for: .milliseconds(40))
    let new = simulation.network.endpoint(of: simulation.nodes[0].host, seenBy: SimulatedBeacon.endpoint)
    #expect(simulation.nodes[0].states == [ready, .ready(observed: new)])
    #expect(simulation.nodes[0].announcements == announcements + 1)
    let faults = simulation.faults
    #expect(faults == [])
  }

  @Test("hours pass while the beacon is gone: the node has withdrawn ready within seconds of waking")
  func leapAlone() throws {
    var simulation = try Self.behindNAT()
    simulation.suspend(0)
    simulation.network.cut(from: simulation.beacon.host)
    try simulation.run(for: .seconds(5 * 3_600))
    simulation.resume(0)
    // Three announcements without an answer: after 1, 2 and 4 seconds.
    try simulation.run(for: .seconds(8))
    #expect(simulation.nodes[0].state == .unreachable(.unanswered))
    simulation.network.heal()
    try simulation.run(for: .seconds(61))
    #expect(simulation.nodes[0].isReady)
    simulation.expectAllReachable("after its next announcement")
    let faults = simulation.faults
    #expect(faults == [])
  }
}
