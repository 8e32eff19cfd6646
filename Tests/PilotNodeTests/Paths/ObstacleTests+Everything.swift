import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotNode

/// What happens to all ways at once: outages, the beacon, and the node's own machine with its networks, its sleep and its clock.
extension ObstacleTests {
  // MARK: Everything

  @Test("nothing works for two minutes: no switch, and UDP goes on within 2 s")
  func outage() throws {
    var world = try Self.onUDP()
    world.cutDatagrams()
    world.connections[0].obstacle = .silent
    try world.run(for: .seconds(120))
    #expect(world.switches.count == 1)
    world.mendDatagrams()
    world.connections[0].obstacle = .none
    world.outbound.reset()
    world.inbound.reset()
    try world.run(for: .seconds(30))
    #expect(world.switches.count == 1)
    #expect(world.outbound.lost + world.inbound.lost <= 2 * 200 * 2)
    #expect(world.carriage == .one(Self.udp))
  }

  @Test("a beacon is away for two seconds: nothing moves, and it goes on as soon as it is back")
  func beaconRestart() throws {
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    world.kill(beacon: 0)
    try world.run(for: .seconds(2))
    world.revive(beacon: 0)
    try world.run(for: .seconds(30))
    #expect(world.outbound.gap(until: world.network.now) <= .milliseconds(2_700))
    #expect(world.inbound.gap(until: world.network.now) <= .milliseconds(2_700))
    #expect(world.active == Self.udp)
  }

  @Test("another process takes the beacon's place at once: the node is known to it within a second")
  func beaconExchanged() throws {
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    world.beacons[0].restart()
    try world.run(for: .seconds(30))
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.switches.count == 1)
  }

  // MARK: The machine

  private static let elsewhere = Endpoint(ipv4: 10, 9, 0, 7, port: 4_000)

  @Test("Wi-Fi to Ethernet on UDP: frames flow at once")
  func otherAddress() throws {
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    world.changeAddress(to: Self.elsewhere)
    world.networkChanged()
    try world.run(for: .seconds(30))
    #expect(world.outbound.gap(until: world.network.now) <= .milliseconds(200))
    #expect(world.inbound.gap(until: world.network.now) <= .milliseconds(200))
    #expect(world.switches.count == 1)
  }

  @Test("Wi-Fi to Ethernet on WSS, whose connection is dead then: frames flow within 2 s", arguments: [true, false])
  func otherAddressOfConnection(udpWorksThere: Bool) throws {
    var world = PathWorld()
    world.talk(200)
    world.cutDatagrams()
    try world.run(for: .seconds(60))
    world.outbound.reset()
    world.inbound.reset()
    world.changeAddress(to: Self.elsewhere)
    if udpWorksThere { world.mendDatagrams() }
    world.networkChanged()
    try world.run(for: .seconds(30))
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(2))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(2))
    #expect(world.carriage == .one(udpWorksThere ? Self.udp : Self.wss))
  }

  @Test("Wi-Fi to a network without UDP: frames flow within 2 s")
  func otherNetworkWithoutUDP() throws {
    var world = try Self.onUDP()
    world.outbound.reset()
    world.inbound.reset()
    world.changeAddress(to: Self.elsewhere)
    world.cutDatagrams()
    world.networkChanged()
    try world.run(for: .seconds(30))
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(2))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(2))
    #expect(world.active == Self.wss)
  }

  @Test("a laptop asleep for an hour: frames flow within a second, told of it or not", arguments: [true, false])
  func asleep(isTold: Bool) throws {
    var world = try Self.onUDP()
    try world.sleep(for: .seconds(3_600))
    world.outbound.reset()
    world.inbound.reset()
    world.lateTick()
    if isTold { world.resumed() }
    try world.run(for: .seconds(30))
    #expect(world.connections[0].dials == 0)
    #expect(world.outbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.inbound.gap(until: world.network.now) <= .seconds(1))
    #expect(world.switches.count == 1)
  }

  @Test("the clock jumps by an hour either way: nothing but what is remembered of networks depends on it")
  func clockJumps() throws {
    var memory = NetworkMemory()
    memory.learn(.datagramsBlocked, on: "here", at: 1_800_000_000)
    for (time, verdict) in [(1_800_003_600, .datagramsBlocked), (1_799_996_400, nil)] as [(UInt64, NetworkVerdict?)] {
      #expect(memory.verdict(on: "here", at: time) == verdict)
      var world = PathWorld(on: verdict)
      try world.run(for: .seconds(60))
      #expect(world.carriage == .one(Self.udp))
      #expect(world.connections[0].state == .resting)
    }
  }

  @Test("a name whose first address is dead: ready as soon as without it")
  func deadAddress() throws {
    var world = PathWorld(firstAddress: Endpoint(ipv4: 192, 0, 2, 50, port: 9_001))
    try world.run(for: .milliseconds(130))
    #expect(world.carriage == .one(Self.udp))
    try world.run(for: .seconds(10))
    #expect(world.connections[0].dials == 0)
  }

  @Test("nobody reads the node: no answer is missing, and UDP isn't left")
  func unread() throws {
    var world = try Self.onUDP(rate: 10)
    world.isReading = false
    try world.run(for: .seconds(55))
    world.isReading = true
    try world.run(for: .seconds(20))
    #expect(world.switches.count == 1)
    #expect(world.connections[0].dials == 0)
  }
}
