import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

/// What stands between a node and its beacon, one test for each line of the table in the article on paths. Unless something else
/// is said, the beacon is 20 ms away, a dial takes four round trips, and 200 frames a second of 1,000 bytes go each way.
@Suite("Obstacles")
struct ObstacleTests {
  static let udp = PathID(0)
  static let wss = PathID(1)

  /// A node that has been on UDP for so long, under load.
  static func onUDP(
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
  static func movedToWSS() throws -> PathWorld {
    var world = try onUDP()
    world.cutDatagrams()
    while world.switches.count == 1 { try world.run(for: .milliseconds(100)) }
    return world
  }

  // MARK: The start

  @Test("UDP works: ready after one round trip, and nothing is dialled")
  func start() throws {
    var world = PathWorld()
    try world.run(for: .milliseconds(40))
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

  @Test("UDP is blocked: both carry within 3 s, WSS alone within 8 s")
  func blocked() throws { try Self.blocked(outbound: true, inbound: true) }

  @Test("UDP gets in and not out: both carry within 3 s, WSS alone within 8 s")
  func blockedOutbound() throws { try Self.blocked(outbound: true, inbound: false) }

  @Test("UDP gets out and not in: both carry within 3 s, WSS alone within 8 s")
  func blockedInbound() throws { try Self.blocked(outbound: false, inbound: true) }

  private static func blocked(outbound: Bool, inbound: Bool) throws {
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
    // Twice comes only what goes both ways: from the dial until UDP is given up, and 2 s more.
    #expect(world.outbound.duplicates <= 10 * 200)
    let duplicates = (world.outbound.duplicates, world.inbound.duplicates)
    try world.run(for: .seconds(10))
    #expect((world.outbound.duplicates, world.inbound.duplicates) == duplicates)
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
    world.mendDatagrams()
    try world.run(for: .milliseconds(29_500))
    #expect(world.switches.count == 2)
    try world.run(for: .seconds(2))
    #expect(world.switches.count == 3)
  }

  @Test("at a beacon that takes one way at a time: WSS at the first missing answer, and back when it hears UDP again")
  func exclusive() throws {
    var world = PathWorld()
    world.beacons[0].allowsBoth = false
    world.talk(200)
    try world.run(for: .seconds(60))
    world.cutDatagrams()
    try world.run(for: .seconds(3))
    #expect(world.switches.last?.change == PathSwitch(from: Self.udp, to: Self.wss, reason: .exclusive))
    try world.run(for: .seconds(60))
    world.mendDatagrams()
    world.outbound.reset()
    world.inbound.reset()
    try world.run(for: .seconds(60))
    #expect(world.switches.last?.change == PathSwitch(from: Self.wss, to: Self.udp, reason: .recovered))
    #expect(world.outbound.gap(until: world.network.now) <= .milliseconds(100))
    #expect(world.inbound.gap(until: world.network.now) <= .milliseconds(100))
    #expect(world.faults == [])
  }

  @Test("UDP dies after 60 s of idleness: probes keep it alive")
  func idle() throws {
    var nat = NATBehavior.portRestricted
    nat.idleTimeout = .seconds(60)
    var world = PathWorld(behind: nat)
    try world.run(for: .seconds(600))
    world.talk(50)
    try world.run(for: .seconds(10))
    #expect(world.switches.count == 1)
    #expect(world.inbound.lost <= 2)
    #expect(world.outbound.lost <= 2)
    #expect(world.datagramsSent < 800)
  }

  @Test("UDP is blocked after a minute without use: both carry within 3 s of the next frame")
  func blockedAfterIdleness() throws {
    var world = try Self.onUDP()
    world.talk(0)
    try world.run(for: .seconds(75))
    world.cutDatagrams()
    try world.run(for: .milliseconds(700))
    world.outbound.reset()
    world.talk(200)
    try world.run(for: .seconds(10))
    #expect(world.active == Self.wss)
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(3))
  }

  @Test("UDP is blocked while nobody uses the node: noticed within 30 s")
  func blockedWhileIdle() throws {
    var world = PathWorld()
    try world.run(for: .seconds(600))
    world.cutDatagrams()
    try world.run(for: .seconds(30))
    #expect(world.carriage == .one(Self.wss))
    #expect(world.faults == [])
  }

  @Test("a NAT rebinds every 30 s: each time both ways work again within a second")
  func rebinding() throws {
    var world = try Self.onUDP(rate: 50, behind: .portRestricted)
    world.outbound.reset()
    world.inbound.reset()
    for _ in 0..<10 {
      let host = world.host
      world.network.forgetMappings(of: host)
      try world.run(for: .seconds(30))
    }
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.switches.count == 1)
  }

  // MARK: UDP is bad

  private static func conditions(_ edit: (inout LinkConditions) -> Void) -> LinkConditions {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    edit(&conditions)
    return conditions
  }

  @Test("one packet in three is lost, each way: WSS within 30 s", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func third(seed: UInt64) throws {
    var world = try Self.onUDP(seed: seed)
    let lossy = Self.conditions { $0.loss = 1.0 / 3 }
    world.network.setConditions(lossy)
    try world.run(for: .seconds(30))
    guard case .lossy = world.switches.dropFirst().first?.change.reason else {
      Issue.record("\(world.switches)")
      return
    }
    // For good, but for a try now and then.
    try world.run(for: .seconds(270))
    #expect(world.switches.count <= 8)
  }

  @Test("one packet in three is lost on the way in: WSS within 30 s")
  func thirdInbound() throws {
    var world = try Self.onUDP()
    let lossy = Self.conditions { $0.loss = 1.0 / 3 }
    let host = world.host
    world.network.setConditions(lossy, to: host)
    try world.run(for: .seconds(30))
    #expect(world.active == Self.wss)
  }

  @Test("one packet in fifty is lost: UDP stays", arguments: [1, 2, 3] as [UInt64])
  func fiftieth(seed: UInt64) throws {
    var world = try Self.onUDP(rate: 50, seed: seed)
    let lossy = Self.conditions { $0.loss = 0.02 }
    world.network.setConditions(lossy)
    try world.run(for: .seconds(300))
    #expect(world.active == Self.udp)
    #expect(world.switches.count == 1)
  }

  @Test("UDP gets 1 Mbit/s and is given three: WSS within 30 s, and tries that get rarer", arguments: [true, false])
  func throttled(outbound: Bool) throws {
    var world = try Self.onUDP(rate: 400)
    let slow = Self.conditions {
      $0.bandwidth = 125_000
      $0.queue = 10_000
    }
    let host = world.host
    if outbound { world.network.setConditions(slow, from: host) } else { world.network.setConditions(slow, to: host) }
    try world.run(for: .seconds(30))
    #expect(world.active == Self.wss)
    try world.run(for: .seconds(570))
    // Returns after 30, 60, 120 and 240 s.
    #expect(world.switches.count <= 10)
    #expect(world.active == Self.wss)
  }

  @Test("UDP dies after a megabyte: both carry within 3 s, WSS alone within 8 s")
  func quota() throws {
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    let limited = Self.conditions { $0.quota = 1_000_000 }
    // 200 frames a second of 1,000 bytes, and a header each.
    let end = world.now + .seconds(5)
    world.network.setConditions(limited)
    try world.run(for: .seconds(60))
    let switched = try #require(world.switches.last)
    #expect(switched.change == PathSwitch(from: Self.udp, to: Self.wss, reason: .unanswered))
    #expect(switched.at - end <= .seconds(8))
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(3))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(3))
  }

  @Test("only short datagrams get through: WSS, and no return that would fail")
  func shortOnly() throws {
    var world = try Self.onUDP()
    let short = Self.conditions { $0.mtu = 900 }
    world.network.setConditions(short)
    try world.run(for: .seconds(300))
    #expect(world.active == Self.wss)
    #expect(world.switches.count == 2)
  }

  // MARK: Flapping

  @Test("UDP comes and goes for ten minutes: ten switches at most", arguments: [3, 5, 8, 12, 20, 40])
  func flapping(period: Int) throws {
    var world = try Self.onUDP(rate: 20)
    world.outbound.reset()
    for _ in 0..<600 / (2 * period) {
      world.cutDatagrams()
      try world.run(for: .seconds(period))
      world.mendDatagrams()
      try world.run(for: .seconds(period))
    }
    #expect(world.switches.count - 1 <= 10)
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(3))
    #expect(world.connections[0].dials <= 25)
    // Never for good.
    try world.run(for: .seconds(620))
    #expect(world.active == Self.udp)
    #expect(world.faults == [])
  }

  // MARK: WSS

  @Test("the connection is cut every minute: made again, and nothing moves")
  func cutConnections() throws {
    var world = PathWorld()
    world.talk(50)
    world.cutDatagrams()
    for _ in 0..<10 {
      try world.run(for: .seconds(60))
      world.endConnection(0)
    }
    #expect(world.switches.count == 1)
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(1))
  }

  @Test("a proxy kills connections that are idle for 60 s: pings keep ours alive")
  func idleConnection() throws {
    var world = PathWorld()
    world.connections[0].idleLimit = .seconds(60)
    world.cutDatagrams()
    try world.run(for: .seconds(600))
    #expect(world.carriage == .one(Self.wss))
    #expect(world.connections[0].dials == 1)
  }

  @Test(
    "no UDP, and something else than a beacon answers (200, 302, 407, 502): tried again for ever, and UDP when it works",
    arguments: [
      ("200", .never, 4...9), ("302", .never, 4...9), ("407", .never, 4...9), ("502", .afterEvent, 8...20),
    ] as [(String, RetryAdvice, ClosedRange<Int>)])
  func portal(_ answer: String, retry: RetryAdvice, dials: ClosedRange<Int>) throws {
    var world = PathWorld()
    world.connections[0].obstacle = .refusing(
      TransportError(code: .upgradeRefused, message: answer, retry: retry))
    world.cutDatagrams()
    try world.run(for: .seconds(120))
    #expect(world.carriage == .none)
    #expect(dials.contains(world.connections[0].dials))
    world.mendDatagrams()
    try world.run(for: .seconds(3))
    #expect(world.carriage == .one(Self.udp))
  }
}
