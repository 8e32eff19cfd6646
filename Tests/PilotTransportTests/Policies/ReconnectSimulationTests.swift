import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// A client of a server that it dials, pings and dials again: ``ConnectionSupervisor`` and ``Keepalive``, driven as a
/// transport would. Datagrams stand for what a connection carries: a kind, and the number of the attempt.
private struct Client {
  enum Kind { static let dial: UInt8 = 0, accepted: UInt8 = 1, ping: UInt8 = 2, pong: UInt8 = 3 }

  enum Phase {
    case dialing(until: MonotonicInstant)
    case connected(Keepalive)
    case waiting(until: MonotonicInstant)
  }

  let host: SimulatedNetwork.Host
  private var supervisor = ConnectionSupervisor()
  private var phase = Phase.waiting(until: .start)
  private var armed: MonotonicInstant?
  private(set) var dials: [MonotonicInstant] = []
  private(set) var connections = 0

  init(_ host: SimulatedNetwork.Host) { self.host = host }

  var isConnected: Bool { supervisor.isConnected }

  mutating func start(_ network: inout SimulatedNetwork) {
    if supervisor.start() == .dial { dial(&network) }
  }

  mutating func on(_ frame: [UInt8], _ network: inout SimulatedNetwork) {
    guard frame.last == UInt8(truncatingIfNeeded: dials.count) else { return }
    switch phase {
    case .dialing where frame.first == Kind.accepted:
      guard supervisor.connected(at: network.now) == .announce(first: connections == 0) else {
        Issue.record("a connection was not wanted")
        return
      }
      connections += 1
      phase = .connected(Keepalive(at: network.now))
      tick(&network)
    case .connected(var keepalive):
      keepalive.heard(at: network.now)
      phase = .connected(keepalive)
    case .dialing, .waiting: break
    }
  }

  /// The server has closed the connection.
  mutating func reset(_ network: inout SimulatedNetwork) { down(&network) }

  mutating func tick(_ network: inout SimulatedNetwork) {
    let now = network.now
    switch phase {
    case .dialing(let deadline):
      if now >= deadline { down(&network) } else { arm(deadline, &network) }
    case .waiting(let end):
      if now < end { return arm(end, &network) }
      if supervisor.timerFired() == .dial { dial(&network) }
    case .connected(var keepalive):
      let action = keepalive.tick(at: now)
      phase = .connected(keepalive)
      switch action {
      case .wait(let instant): arm(instant, &network)
      case .ping(_, let next):
        send(Kind.ping, &network)
        arm(next, &network)
      case .dead: down(&network)
      }
    }
  }

  private mutating func dial(_ network: inout SimulatedNetwork) {
    dials.append(network.now)
    phase = .dialing(until: network.now.advanced(by: .seconds(2)))
    send(Kind.dial, &network)
    tick(&network)
  }

  private mutating func down(_ network: inout SimulatedNetwork) {
    var random = SeededRandom(seed: UInt64(host.index) << 32 | UInt64(dials.count))
    let action = supervisor.down(hopeless: false, at: network.now, random: random.fraction())
    guard case .wait(let delay, _) = action else {
      Issue.record("\(action) after a connection went down")
      return
    }
    phase = .waiting(until: network.now.advanced(by: delay))
    tick(&network)
  }

  private mutating func arm(_ instant: MonotonicInstant, _ network: inout SimulatedNetwork) {
    if instant != armed { network.setTimer(UInt64(host.index), at: instant) }
    armed = instant
  }

  private func send(_ kind: UInt8, _ network: inout SimulatedNetwork) {
    let frame = [kind, UInt8(truncatingIfNeeded: dials.count)]
    network.send(frame, from: host, to: Scene.server, at: network.now)
  }
}

/// A server and its clients.
private struct Scene {
  static let server = Endpoint(ipv4: 198, 51, 100, 1, port: 443)

  var network: SimulatedNetwork
  let server: SimulatedNetwork.Host
  var clients: [Client] = []

  init(seed: UInt64, clients count: Int) {
    network = SimulatedNetwork(seed: seed)
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(30)
    conditions.jitter = .milliseconds(20)
    network.setConditions(conditions)
    server = network.addHost(at: Self.server)
    for number in 1...UInt32(count) {
      clients.append(Client(network.addHost(at: Endpoint(ipv4Address: 0x0A00_0000 + number, port: 1))))
    }
  }

  var connected: Int { clients.count { $0.isConnected } }

  mutating func run(for duration: Duration) throws {
    let end = network.now.advanced(by: duration)
    while let event = try network.step(until: end) {
      switch event {
      case .timer(let number): clients[Int(number) - 1].tick(&network)
      case .delivered(let delivery) where delivery.host == server:
        // Each request has an answer of the next kind.
        network.send([delivery.frame[0] + 1, delivery.frame[1]], from: server, to: delivery.source, at: network.now)
      case .delivered(let delivery): clients[delivery.host.index - 1].on(delivery.frame, &network)
      case .unreachable: break
      }
    }
  }
}

@Suite("Connections that are kept up, simulated")
struct ReconnectSimulationTests {
  private static let count = 1_000

  private static func started(seed: UInt64) throws -> Scene {
    var scene = Scene(seed: seed, clients: count)
    for index in scene.clients.indices { scene.clients[index].start(&scene.network) }
    try scene.run(for: .seconds(60))
    #expect(scene.connected == count)
    #expect(scene.clients.allSatisfy { $0.dials.count == 1 })
    return scene
  }

  @Test("notice a partition by their pings, and are back within the longest delay after it", arguments: [1, 2])
  func partition(seed: UInt64) throws {
    var scene = try Self.started(seed: seed)
    scene.network.partition([scene.server])
    // The interval and the timeout of the keepalive.
    try scene.run(for: .seconds(40))
    #expect(scene.connected == 0)
    try scene.run(for: .seconds(80))
    scene.network.heal()
    try scene.run(for: .seconds(31))
    #expect(scene.connected == Self.count)
    #expect(Set(scene.clients.map(\.connections)) == [2])
    // The first one, and in up to 110 s without the server delays that double up to 30 s, with 2 s for each attempt.
    #expect(Set(scene.clients.map(\.dials.count)).isSubset(of: 10...14))
    #expect(scene.network.counters.isConserved)
  }

  @Test("survive a cut of either direction alike", arguments: [true, false])
  func oneWay(isCutFromServer: Bool) throws {
    var scene = try Self.started(seed: 1)
    if isCutFromServer { scene.network.cut(from: scene.server) } else { scene.network.cut(to: scene.server) }
    try scene.run(for: .seconds(40))
    #expect(scene.connected == 0)
    scene.network.heal()
    try scene.run(for: .seconds(31))
    #expect(scene.connected == Self.count)
  }

  /// All lose their connection at the same instant, as when a server is restarted.
  @Test("do not come back in step")
  func spread() throws {
    var scene = try Self.started(seed: 1)
    let loss = scene.network.now
    for index in scene.clients.indices { scene.clients[index].reset(&scene.network) }
    try scene.run(for: .seconds(1))
    #expect(scene.connected == Self.count)
    let delays = scene.clients.compactMap { $0.dials.last.map { loss.duration(to: $0) } }
    #expect(delays.allSatisfy { (.milliseconds(125)...(.milliseconds(250))).contains($0) })
    var slots: [Int64: Int] = [:]
    for delay in delays { slots[delay.milliseconds / 5, default: 0] += 1 }
    // 25 slots of 5 ms, with 40 in each.
    #expect(slots.values.allSatisfy { $0 < 80 })
  }
}
