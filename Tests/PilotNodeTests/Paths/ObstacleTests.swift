import PilotTesting
import PilotTransport
import Testing

@testable import PilotNode

/// What stands between a node and its beacon, one test for each line of the table in the article on paths. Unless something else
/// is said, the beacon is 20 ms away, a dial takes four round trips, and 200 frames a second of 1,000 bytes go each way.
@Suite("Obstacles")
struct ObstacleTests {
  static let udp = PathID(0)
  static let wss = PathID(1)

  /// A node that has been on UDP for so long, under load.
  private static func onUDP(
    for time: Duration = .seconds(60), rate: Int = 200, behind behavior: NATBehavior? = nil, seed: UInt64 = 1
  ) throws -> PathWorld {
    var world = PathWorld(seed: seed, behind: behavior)
    world.talk(rate)
    try world.run(for: time)
    #expect(world.carriage == .one(udp))
    #expect(world.switches.count == 1)
    return world
  }

  /// A node that has come to WSS because UDP was blocked while it ran, a second ago.
  private static func movedToWSS() throws -> PathWorld {
    var world = try onUDP()
    world.cutDatagrams()
    while world.switches.count == 1 { try world.run(for: .milliseconds(100)) }
    return world
  }

  // MARK: The start

  @Test("UDP works: ready after its two round trips, and nothing is dialled")
  func start() throws {
    var world = PathWorld()
    try world.run(for: .milliseconds(81))
    #expect(world.switches.map(\.change) == [PathSwitch(from: nil, to: Self.udp, reason: .first)])
    try world.run(for: .seconds(600))
    #expect(world.connections[0].dials == 0)
    #expect(world.remembered == [.datagramsWork])
    #expect(world.switches.count == 1)
  }

  @Test("no UDP: WSS carries after 250 ms and the dial")
  func noUDP() throws {
    var world = PathWorld()
    world.cutDatagrams()
    try world.run(for: .milliseconds(250 + 161))
    #expect(world.switches.map(\.change) == [PathSwitch(from: nil, to: Self.wss, reason: .first)])
    try world.run(for: .seconds(600))
    #expect(world.carriage == .one(Self.wss))
    #expect(world.remembered == [.datagramsBlocked])
    #expect(world.connections[0].dials == 1)
  }

  @Test("no UDP, which is remembered: the dial begins at once")
  func noUDPAsRemembered() throws {
    var world = PathWorld(on: .datagramsBlocked)
    world.cutDatagrams()
    try world.run(for: .milliseconds(161))
    #expect(world.carriage == .one(Self.wss))
  }

  @Test("UDP is slower than the connection: it is taken when it answers, and the connection is closed")
  func slowUDP() throws {
    var world = PathWorld { network in
      var conditions = LinkConditions()
      conditions.delay = .milliseconds(300)
      network.setConditions(conditions)
    }
    try world.run(for: .seconds(10))
    #expect(world.switches.map(\.change.to) == [Self.wss, Self.udp])
    #expect(world.carriage == .one(Self.udp))
    #expect(world.connections[0].state == .resting)
  }

  // MARK: UDP goes

  @Test("UDP is blocked: both carry within 3 s, WSS alone within 8 s", arguments: [true, false], [true, false])
  func blocked(outbound: Bool, inbound: Bool) throws {
    guard outbound || inbound else { return }
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    let since = world.now
    world.cutDatagrams(outbound: outbound, inbound: inbound)
    try world.run(for: .seconds(30))
    let switched = try #require(world.switches.dropFirst().first)
    #expect(switched.change == PathSwitch(from: Self.udp, to: Self.wss, reason: .unanswered))
    #expect(switched.at - since <= .seconds(8))
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(3))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(3))
    #expect(world.switches.count == 2)
    #expect(world.connections[0].dials == 1)
  }

  @Test("UDP comes back: taken again within 15 s, and the connection is closed without a loss")
  func back() throws {
    var world = try Self.movedToWSS()
    try world.run(for: .seconds(60))
    world.outbound.reset()
    world.inbound.reset()
    let since = world.now
    world.mendDatagrams()
    try world.run(for: .seconds(30))
    let switched = try #require(world.switches.last)
    #expect(switched.change == PathSwitch(from: Self.wss, to: Self.udp, reason: .recovered))
    #expect(switched.at - since <= .seconds(15))
    #expect(world.carriage == .one(Self.udp))
    #expect(world.connections[0].state == .resting)
    #expect(world.outbound.lost <= 8)
    #expect(world.inbound.lost <= 8)
    #expect(world.inbound.gap(until: world.network.now) <= .milliseconds(50))
  }

  @Test("UDP comes back soon: not taken before 30 s have passed")
  func backSoon() throws {
    var world = try Self.movedToWSS()
    let since = world.now
    world.mendDatagrams()
    try world.run(for: .milliseconds(29_500))
    #expect(world.switches.count == 2)
    try world.run(for: .seconds(2))
    #expect(world.switches.count == 3)
    #expect(world.now - since < .seconds(32))
  }
}
