import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Direct paths when something goes wrong", .timeLimit(.minutes(5)))
struct DirectFaultTests {
  private static let restricted: [DirectWorld.Place] = [.behind(.portRestricted), .behind(.portRestricted)]

  /// Both talk, and both are direct.
  private static func settled(
    _ places: [DirectWorld.Place] = restricted, seed: UInt64 = 1, rate: Int = 20
  ) throws -> DirectWorld {
    var world = DirectWorld(places, seed: seed)
    try world.run(for: .seconds(1))
    for index in 0..<2 { world.talk(index, rate) }
    let time = try world.runUntilDirect()
    #expect(time != nil)
    try world.run(for: .seconds(5))
    return world
  }

  /// How many packets have not come by now.
  private static func lost(_ sides: [DirectWorld.Side]) -> Int {
    (0..<2).reduce(0) { $0 + Int(sides[$1].lastNumber) - sides[1 - $1].received.count }
  }

  @Test("one frame in ten is lost: direct within ten seconds, and it stays", arguments: 1...5 as ClosedRange<UInt64>)
  func loss(seed: UInt64) throws {
    var world = DirectWorld(Self.restricted, seed: seed)
    try world.run(for: .seconds(1))
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    conditions.loss = 0.1
    world.network.setConditions(conditions)
    for index in 0..<2 { world.talk(index, 10) }
    let time = try world.runUntilDirect(within: .seconds(10))
    #expect(time != nil)
    try world.run(for: .seconds(300))
    #expect(world.faults == [])
    for side in world.sides { #expect(side.switches.count <= 3, "\(side.switches)") }
    // A tenth by the direct way. By the relay it would be a fifth.
    #expect(Self.lost(world.sides) <= 2 * 300 * 10 * 12 / 100)
  }

  @Test(
    "the direct way breaks, in one direction or both: the relay within five seconds", arguments: [[0], [1], [0, 1]])
  func broken(directions: [Int]) throws {
    var world = try Self.settled()
    let lost = Self.lost(world.sides)
    for index in directions { world.cut(from: index) }
    try world.run(for: .seconds(5))
    // Who is heard all the same, and hears nothing, learns it too: its probes come back by no way.
    #expect(!world.isDirect(0))
    #expect(!world.isDirect(1))
    #expect(world.sides.allSatisfy { $0.switches.last?.change.reason == .silent })
    // What was sent before the first echo was missing.
    #expect(Self.lost(world.sides) - lost <= directions.count * 34)
    let gap = world.sides.map(\.longestGap).max() ?? .zero
    #expect(gap <= .milliseconds(1_700), "\(gap)")
    world.network.heal()
    // The try that is due after five seconds, and then ten.
    let time = try world.runUntilDirect(within: .seconds(20))
    #expect(time != nil)
    #expect(world.faults == [])
  }

  @Test("a way that comes and goes is taken ever more rarely")
  func flapping() throws {
    var world = try Self.settled()
    for _ in 0..<60 {
      for index in 0..<2 { world.cut(from: index) }
      try world.run(for: .seconds(10))
      world.network.heal()
      try world.run(for: .seconds(20))
    }
    for side in world.sides { #expect(side.switches.count <= 20, "\(side.switches)") }
    #expect((world.sides.map(\.longestGap).max() ?? .zero) <= .milliseconds(1_700))
    try world.run(for: .seconds(400))
    #expect(world.isDirect(0) && world.isDirect(1))
    #expect(world.faults == [])
  }

  @Test(
    "a NAT forgets a node: not three seconds without a packet, and direct again",
    arguments: NATTests.kinds.dropFirst().dropLast().map(\.name))
  func rebinding(kind: String) throws {
    let places = NATTests.kinds.filter { $0.name == kind }.map(\.place)
    var world = try Self.settled(places + places)
    for index in [0, 1, 0] {
      world.rebind(index)
      try world.run(for: .seconds(10))
      let time = try world.runUntilDirect(within: .seconds(40))
      #expect(time != nil)
    }
    #expect((world.sides.map(\.longestGap).max() ?? .zero) <= .milliseconds(2_500))
    #expect(world.faults == [])
  }

  @Test("another network: the relay carries beside the direct way at once, and direct again")
  func networkChanged() throws {
    var world = try Self.settled()
    let lost = Self.lost(world.sides)
    world.network.move(world.sides[0].host, to: Endpoint(ipv4: 203, 0, 113, 77, port: 4_000))
    world.sides[0].namesOwn = []
    world.announceEvery()
    world.networkChanged(0)
    #expect(world.sides[0].path.isDoubted)
    let time = try world.runUntilDirect(within: .seconds(12))
    #expect(time != nil)
    try world.run(for: .seconds(10))
    #expect(world.isDirect(0) && world.isDirect(1))
    #expect(Self.lost(world.sides) - lost <= 40)
    #expect(world.faults == [])
  }

  @Test("ICMP about the address in use: the relay at once")
  func icmp() throws {
    var world = try Self.settled()
    let endpoint = try #require(world.sides[0].path.use?.endpoint)
    world.unreachable(0, endpoint)
    #expect(!world.isDirect(0))
    #expect(world.sides[0].switches.last?.change.reason == .unreachable)
    try world.run(for: .milliseconds(4_900))
    #expect(!world.isDirect(0))
    // Nothing was wrong with the other direction.
    #expect(world.isDirect(1))
    let time = try world.runUntilDirect(within: .seconds(5))
    #expect(time != nil)
    #expect(world.faults == [])
  }

  @Test("nobody sends for ten minutes behind NATs that forget after 30 s: it stays direct")
  func idle() throws {
    var behavior = NATBehavior.portRestricted
    behavior.idleTimeout = .seconds(30)
    var world = try Self.settled([.behind(behavior), .behind(behavior)])
    for index in 0..<2 { world.talk(index, 0) }
    let before = world.sides.map(\.switches.count)
    let checks = world.sides.map(\.path.counters.checksSent)
    try world.run(for: .seconds(600))
    #expect(world.isDirect(0) && world.isDirect(1))
    #expect(world.sides.map(\.switches.count) == before)
    for (side, old) in zip(world.sides, checks) { #expect(side.path.counters.checksSent - old <= 34) }
    #expect(world.faults == [])
  }

  @Test("both begin at the same time", arguments: NATTests.kinds.dropFirst().dropLast().map(\.name))
  func together(kind: String) throws {
    let places = NATTests.kinds.filter { $0.name == kind }.map(\.place)
    var world = DirectWorld(places + places)
    try world.run(for: .seconds(1))
    for index in 0..<2 { world.talk(index, 20) }
    let time = try world.runUntilDirect(within: .seconds(1))
    #expect(time != nil)
    #expect(world.faults == [])
  }

  @Test("a beacon that requires grants serves no request: nodes of ours don't need it")
  func grants() throws {
    var world = DirectWorld(Self.restricted)
    world.servesPunches = false
    try world.run(for: .seconds(1))
    world.talk(0, 20)
    let time = try world.runUntilDirect(within: .seconds(1))
    #expect(time != nil)
    #expect(world.faults == [])
  }
}
