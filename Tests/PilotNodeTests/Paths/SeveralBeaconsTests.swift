import PilotIdentity
import PilotTesting
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
import Testing

@testable import PilotNode

/// A node with two beacons, each over UDP and over WSS.
@Suite("Obstacles, with several beacons")
struct SeveralBeaconsTests {
  private static let paths: [PathSelection.Path] = [
    .init(beacon: 0, .datagrams), .init(beacon: 0, .connection), .init(beacon: 1, .datagrams),
    .init(beacon: 1, .connection),
  ]
  private static let first = PathID(0)
  private static let second = PathID(2)

  private static func started(standby: Bool, preference: PathSelection.Preference = .order) throws -> PathWorld {
    var configuration = PathSelection.Configuration()
    configuration.keepsStandby = standby
    configuration.preference = preference
    var world = PathWorld(paths, configuration)
    world.talk(200)
    try world.run(for: .seconds(60))
    #expect(world.carriage == .one(first))
    world.outbound.reset()
    world.inbound.reset()
    return world
  }

  /// On the first beacon's connection.
  private static func withoutUDP(standby: Bool) throws -> PathWorld {
    var configuration = PathSelection.Configuration()
    configuration.keepsStandby = standby
    var world = PathWorld(paths, configuration)
    world.talk(200)
    world.cutDatagrams()
    try world.run(for: .seconds(60))
    #expect(world.active == PathID(1))
    world.outbound.reset()
    return world
  }

  @Test("the first beacon is killed: the second within a second", arguments: [true, false])
  func killed(standby: Bool) throws {
    var world = try Self.started(standby: standby)
    world.kill(beacon: 0)
    try world.run(for: .seconds(1))
    #expect(world.switches.last?.change == PathSwitch(from: Self.first, to: Self.second, reason: .reported))
    try world.run(for: .seconds(60))
    #expect(world.outbound.gap(until: world.network.now) < .seconds(1))
    world.revive(beacon: 0)
    try world.run(for: .seconds(90))
    #expect(world.switches.last?.change == PathSwitch(from: Self.second, to: Self.first, reason: .recovered))
    #expect(world.switches.count == 3)
  }

  @Test("the first beacon falls silent: the standby carries at once, and alone within 8 s")
  func silent() throws {
    var world = try Self.started(standby: true)
    world.cutDatagrams(beacon: 0)
    world.connections[0].obstacle = .silent
    try world.run(for: .seconds(8))
    #expect(world.active == Self.second)
    #expect(world.outbound.gap(until: world.network.now) < .seconds(3))
  }

  @Test("no UDP, and the first beacon is killed: the standby's connection is there", arguments: [true, false])
  func killedConnection(standby: Bool) throws {
    var world = try Self.withoutUDP(standby: standby)
    world.kill(beacon: 0)
    try world.run(for: .seconds(10))
    #expect(world.active == PathID(3))
    #expect(world.outbound.gap(until: world.network.now) <= (standby ? .milliseconds(50) : .seconds(1)))
    world.revive(beacon: 0)
    try world.run(for: .seconds(120))
    #expect(world.active == PathID(1))
  }

  @Test(
    "no UDP, and the first beacon falls silent: the second's connection carries within 8 s", arguments: [true, false])
  func silentConnection(standby: Bool) throws {
    var world = try Self.withoutUDP(standby: standby)
    world.connections[0].obstacle = .silent
    try world.run(for: .seconds(8))
    #expect(world.active == PathID(3))
    #expect(world.switches.last?.change.reason == .unanswered)
    try world.run(for: .seconds(10))
    #expect(world.outbound.gap(until: world.network.now) < .seconds(5))
  }

  /// The paths of a node with this list, and as what each beacon is dialled.
  private static func ring(_ urls: [String], key: Identity, standbys: [String] = []) throws -> [Node.PathSetup] {
    var configuration = Node.Configuration(
      id: LinkRun.node, identity: key, beacons: try urls.map { try BeaconURL(parsing: $0) },
      standbys: try standbys.map { try BeaconURL(parsing: $0) })
    configuration.choosing.preference = .publicKey
    // Without authorities to read.
    configuration.wss?.allowsPlaintext = true
    configuration.udp.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    return try PathPlan(configuration).setups(udp: configuration.udp, at: [])
  }

  @Test("by the key: its place first, UDP and WSS together, then on around the ring; standbys stay behind")
  func byKey() throws {
    let urls = (0..<3).flatMap { ["udp://b\($0).invalid:9001", "ws://b\($0).invalid"] }
    for _ in 0..<10 {
      let key = Identity()
      let start = key.publicKey.place(among: 3)
      let setups = try Self.ring(urls, key: key, standbys: ["udp://s.invalid:9001"])
      defer { for setup in setups { setup.transport.close() } }
      #expect(setups.map(\.path.beacon) == [0, 0, 1, 1, 2, 2, 3])
      #expect(setups.map { $0.path.kind == .datagrams } == [true, false, true, false, true, false, true])
      let hosts = setups.map { $0.dialled?.host }
      #expect(hosts == (0..<6).map { "b\((start + $0 / 2) % 3).invalid" } + ["s.invalid"])
    }
  }

  @Test("by the key, and beacons die: the next one around the ring, and back when the key's own is there again")
  func aroundTheRing() throws {
    let setups = try Self.ring((0..<3).map { "udp://b\($0).invalid:9001" }, key: Identity())
    for setup in setups { setup.transport.close() }
    var choosing = PathSelection.Configuration()
    choosing.preference = .publicKey
    var world = PathWorld(setups.map(\.path), choosing)
    world.talk(200)
    try world.run(for: .seconds(60))
    #expect(world.carriage == .one(PathID(0)))
    for beacon in [0, 1] {
      world.kill(beacon: beacon)
      try world.run(for: .seconds(40))
      #expect(world.carriage == .one(PathID(beacon + 1)))
    }
    world.revive(beacon: 0)
    try world.run(for: .seconds(120))
    #expect(world.carriage == .one(PathID(0)))
    #expect(world.switches.map(\.change.to.index) == [0, 1, 2, 0])
    #expect(world.switches.last?.change.reason == .recovered)
  }

  @Test("no standby is wanted: the second beacon is left alone")
  func alone() throws {
    let world = try Self.started(standby: false)
    #expect(world.connections.map(\.dials) == [0, 0])
    #expect(world.beacons[1].registered == nil)
  }

  /// Puts the beacons so far away, one way.
  private static func place(_ first: Int, _ second: Int, in world: inout PathWorld) {
    for (index, delay) in [first, second].enumerated() {
      var conditions = LinkConditions()
      conditions.delay = .milliseconds(delay)
      let (host, beacon) = (world.host, world.beacons[index].host)
      world.network.setConditions(conditions, from: host, to: beacon)
      world.network.setConditions(conditions, from: beacon, to: host)
    }
  }

  @Test(
    "the second beacon is much nearer: taken, once; hardly nearer: not",
    arguments: [(60, 20, true), (30, 24, false), (12, 8, false)])
  func nearer(first: Int, second: Int, isTaken: Bool) throws {
    var world = try Self.started(standby: false, preference: .roundTrip)
    Self.place(first, second, in: &world)
    try world.run(for: .seconds(300))
    #expect(world.active == (isTaken ? Self.second : Self.first))
    #expect(world.switches.count == (isTaken ? 2 : 1))
    if isTaken { #expect(world.switches.last?.change.reason == .nearer) }
    // In the order of preference distance is nothing.
    var other = try Self.started(standby: false)
    Self.place(first, second, in: &other)
    try other.run(for: .seconds(120))
    #expect(other.switches.count == 1)
  }
}
