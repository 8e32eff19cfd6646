import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

/// A node whose beacon says that it is about to end.
@Suite("A beacon that is about to end, beside others")
struct DrainingBeaconTests {
  private static func world(_ kind: PathSelection.Path.Kind) throws -> PathWorld {
    var world = PathWorld([.init(beacon: 0, kind), .init(beacon: 1, kind)])
    world.talk(200)
    try world.run(for: .seconds(60))
    #expect(world.carriage == .one(PathID(0)))
    world.outbound.reset()
    world.inbound.reset()
    return world
  }

  private static func span(_ from: UInt32, _ until: UInt32) throws -> ReturnSpan {
    try #require(ReturnSpan(from: from, until: until))
  }

  @Test("said over its connection: the next beacon carries within a second, and nothing is missing in between")
  func connection() throws {
    var world = try Self.world(.connection)
    world.announceDrain(over: 0, try Self.span(0, 120_000))
    try world.run(for: .seconds(1))
    #expect(world.switches.last?.change == PathSwitch(from: PathID(0), to: PathID(1), reason: .draining))
    try world.run(for: .seconds(60))
    #expect(world.outbound.gap(until: world.network.now) < .milliseconds(100))
    #expect(world.carriage == .one(PathID(1)), "it isn't gone back to while it is about to end")
    #expect(world.connections[0].state == .resting)
    try world.run(for: .seconds(180))
    #expect(world.switches.last?.change == PathSwitch(from: PathID(1), to: PathID(0), reason: .recovered))
  }

  @Test("the same while no other beacon can be had: it stays where it is")
  func nowhereElse() throws {
    var world = try Self.world(.connection)
    world.connections[1].obstacle = .refusing(TransportError(code: .connectFailed, message: "refused"))
    world.announceDrain(over: 0, try Self.span(0, 60_000))
    try world.run(for: .seconds(59))
    #expect(world.carriage == .one(PathID(0)))
    #expect(world.connections[1].dials > 1)
    #expect(world.outbound.gap(until: world.network.now) < .milliseconds(100))
  }

  @Test(
    "full as soon as it is attached to: the next beacon carries, and the first one is asked again more and more rarely")
  func full() throws {
    var world = PathWorld([.init(beacon: 0, .connection), .init(beacon: 1, .connection)])
    world.beacons[0].isFull = true
    world.talk(2)
    try world.run(for: .seconds(20))
    #expect(world.switches.map(\.change.to) == [PathID(0), PathID(1)])
    #expect(world.switches.last?.change.reason == .draining)
    world.outbound.reset()
    try world.run(for: .seconds(3_600))
    #expect(world.carriage == .one(PathID(1)))
    #expect(world.switches.count == 2)
    // After 30 s, 1 min, 2, 4, 8, and then every ten minutes.
    #expect((7...13).contains(world.connections[0].dials), "\(world.connections[0].dials)")
    #expect(world.outbound.gap(until: world.network.now) < .seconds(1))
    world.beacons[0].isFull = false
    try world.run(for: .seconds(700))
    #expect(world.switches.last?.change == PathSwitch(from: PathID(1), to: PathID(0), reason: .recovered))
  }

  @Test("all of them full, each of which sends it on: it stays where it has been sent once", arguments: [2, 3, 5])
  func allFull(_ count: Int) throws {
    var world = PathWorld((0..<count).map { .init(beacon: $0, .connection) })
    for beacon in 0..<count { world.beacons[beacon].isFull = true }
    world.talk(2)
    try world.run(for: .seconds(3_600))
    #expect(world.switches.map(\.change.to) == [PathID(0), PathID(1)])
    #expect(world.connections.map(\.dials).reduce(0, +) <= 15)
    #expect(world.faults.isEmpty)
  }

  @Test("both full, and the second one ends indeed: the node is at the first one, and stays there")
  func fullAndEnding() throws {
    var world = PathWorld([.init(beacon: 0, .connection), .init(beacon: 1, .connection)])
    for beacon in 0..<2 { world.beacons[beacon].isFull = true }
    world.talk(2)
    try world.run(for: .seconds(20))
    #expect(world.carriage == .one(PathID(1)))
    world.kill(beacon: 1)
    try world.run(for: .seconds(60))
    #expect(world.carriage == .one(PathID(0)))
    #expect(world.switches.count == 3)
  }

  @Test("the same, and its connection has moved: it is as good as any other")
  func moved() throws {
    var world = try Self.world(.connection)
    world.connections[1].obstacle = .refusing(TransportError(code: .connectFailed, message: "refused"))
    world.announceDrain(over: 0, try Self.span(0, 120_000))
    try world.run(for: .seconds(5))
    world.announceMove(of: 0)
    world.connections[1].obstacle = .none
    try world.run(for: .seconds(60))
    #expect(world.carriage == .one(PathID(0)))
    #expect(world.switches.count == 1)
  }

  @Test("said in a datagram, which anybody can forge: another beacon is made ready, and nothing moves")
  func datagram() throws {
    var world = try Self.world(.datagrams)
    let probes = world.probesSent
    world.warn(beacon: 0, try Self.span(0, 20_000))
    try world.run(for: .seconds(10))
    #expect(world.carriage == .one(PathID(0)))
    #expect(world.switches.count == 1)
    #expect(world.beacons[1].registered != nil)
    #expect(world.probesSent - probes > 10, "it is asked more often")
    // And once it is gone, the other one carries sooner than it could be made ready.
    world.kill(beacon: 0)
    try world.run(for: .milliseconds(500))
    #expect(world.switches.last?.change.to == PathID(1))
  }

  @Test("forged over and over: no more probes than for one")
  func forged() throws {
    func probes(_ warnings: Int) throws -> Int {
      var world = try Self.world(.datagrams)
      let before = world.probesSent
      for _ in 0..<100 {
        for _ in 0..<warnings { world.warn(beacon: 0, try Self.span(0, 600_000)) }
        try world.run(for: .milliseconds(100))
      }
      #expect(world.carriage == .one(PathID(0)))
      return world.probesSent - before
    }
    let (once, often) = (try probes(1), try probes(50))
    #expect(often <= once + 2, "\(once), \(often)")
  }
}
