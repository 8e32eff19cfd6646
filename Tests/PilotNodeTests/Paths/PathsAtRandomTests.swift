import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

/// Anything goes wrong at any time, for ten minutes; then all is well.
@Suite("A node over several paths, at random")
struct PathsAtRandomTests {
  private enum Event {
    case cut(outbound: Bool, inbound: Bool)
    case mend
    case loss(Double)
    case silent(Bool)
    case end, kill, revive, restart
    case move(UInt8)
    case noted, resumed
    case sleep(Int)
    case unread(Int)
  }

  private static func draw(_ random: inout SeededRandom) -> Event {
    switch Int.random(in: 0..<24, using: &random) {
    case 0..<4: .cut(outbound: random.chance(0.7), inbound: random.chance(0.7))
    case 4..<9: .mend
    case 9, 10: .loss(random.chance(0.5) ? 0 : random.fraction())
    case 11: .silent(true)
    case 12, 13: .silent(false)
    case 14: .end
    case 15: .kill
    case 16, 17: .revive
    case 18: .restart
    case 19: .move(UInt8.random(in: 1...9, using: &random))
    case 20: .noted
    case 21: .resumed
    case 22: .sleep(Int.random(in: 1...100, using: &random))
    default: .unread(Int.random(in: 1...20, using: &random))
    }
  }

  private static func perform(
    _ event: Event, on world: inout PathWorld, _ random: inout SeededRandom
  ) throws {
    let beacon = Int.random(in: world.beacons.indices, using: &random)
    let connection = Int.random(in: world.connections.indices, using: &random)
    switch event {
    case .cut(let outbound, let inbound):
      world.cutDatagrams(outbound: outbound, inbound: inbound, beacon: beacon)
    case .mend: world.mendDatagrams()
    case .loss(let loss):
      var conditions = LinkConditions()
      conditions.delay = .milliseconds(20)
      conditions.loss = loss
      world.network.setConditions(conditions)
    case .silent(let isSilent):
      if !world.beacons[world.connections[connection].beacon].isGone {
        world.connections[connection].obstacle = isSilent ? .silent : .none
      }
    case .end: world.endConnection(connection)
    case .kill: world.kill(beacon: beacon)
    case .revive: world.revive(beacon: beacon)
    case .restart: world.beacons[beacon].restart()
    case .move(let last):
      world.changeAddress(to: Endpoint(ipv4: 10, 9, 0, last, port: 4_000))
      world.networkChanged()
    case .noted: world.networkChanged()
    case .resumed: world.resumed()
    case .sleep(let seconds):
      try world.sleep(for: .seconds(seconds))
      world.lateTick()
    case .unread(let seconds):
      world.isReading = false
      try world.run(for: .seconds(seconds))
      world.isReading = true
    }
  }

  @Test(
    "no more than two carry, nothing is due without end, and it ends on UDP",
    arguments: 1...12 as ClosedRange<UInt64>, [1, 2])
  func random(seed: UInt64, beacons: Int) throws {
    var random = SeededRandom(seed: seed)
    let paths = (0..<beacons).flatMap { beacon -> [PathSelection.Path] in
      [.init(beacon: beacon, .datagrams), .init(beacon: beacon, .connection)]
    }
    var configuration = PathSelection.Configuration()
    configuration.keepsStandby = random.chance(0.5)
    var world = PathWorld(paths, seed: seed, configuration)
    for index in world.beacons.indices { world.beacons[index].allowsBoth = random.chance(0.5) }
    world.talk(5)
    for _ in 0..<60 {
      try Self.perform(Self.draw(&random), on: &world, &random)
      try world.run(for: .milliseconds(Int.random(in: 0...20_000, using: &random)))
    }
    world.mendDatagrams()
    world.network.setConditions(LinkConditions())
    for index in world.beacons.indices { world.revive(beacon: index) }
    for index in world.connections.indices { world.connections[index].obstacle = .none }
    let since = world.now
    try world.run(for: .seconds(700))
    #expect(world.carriage == .one(PathID(0)), "after \(since)")
    // A standby may be one.
    #expect(world.connections[0].state == .resting)
    #expect(world.faults == [])
    #expect(!world.states.contains(.joining), "no node comes back to its beginning")
    // Each switch begins where the last one ended.
    for (last, next) in zip(world.switches, world.switches.dropFirst()) {
      #expect(next.change.from == last.change.to)
    }
    // Two a second for each UDP path is the most that is sent for long, and a few more after each event.
    #expect(world.probesSent <= Int(world.now / .seconds(1)) * 2 * beacons)
    world.outbound.reset()
    world.inbound.reset()
    try world.run(for: .seconds(10))
    #expect(world.outbound.lost + world.inbound.lost <= 2)
  }
}
