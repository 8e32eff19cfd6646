import PilotBeacon
import PilotTesting
import PilotNode
import PilotTransport
import PilotWire

/// A beacon with its nodes on a simulated network.
struct BeaconSimulation: ~Copyable {
  private enum Timer {
    static let beacon = UInt64.max
    static let chat = UInt64.max - 1
  }

  var network: SimulatedNetwork
  var beacon: SimulatedBeacon
  var random: SeededRandom
  private(set) var nodes: [SimulatedNode] = []
  /// Hosts that are no node; what they get concerns nobody.
  private(set) var strangers: Set<SimulatedNetwork.Host> = []
  private var indices: [SimulatedNetwork.Host: Int] = [:]
  private(set) var nats: [SimulatedNetwork.NAT] = []
  /// Between two relays, of one node to another, both any.
  var chatInterval: Duration = .milliseconds(50)
  private(set) var violations: [String] = []

  /// - Parameter asks: Whether the beacon knows its own address, and can ask nodes whether they are there.
  init(seed: UInt64, conditions: LinkConditions = LinkConditions(), asks: Bool = true) {
    network = SimulatedNetwork(seed: seed, eventLimit: 3_000_000)
    network.setConditions(conditions)
    beacon = SimulatedBeacon(on: &network, asks: asks)
    random = SeededRandom(seed: ~seed)
    network.setTimer(Timer.beacon, at: .start)
  }

  /// Everything that has gone wrong so far.
  var faults: [String] {
    mutating get {
      beacon.checkConservation()
      let counters = network.counters
      let conservation = counters.isConserved ? [] : ["the network lost a datagram: \(counters)"]
      return violations + beacon.violations + conservation
    }
  }

  mutating func addNAT(_ behavior: NATBehavior) -> SimulatedNetwork.NAT {
    let nat = network.addNAT(behavior, at: Endpoint(ipv4Address: 0xCB00_0000 + UInt32(nats.count), port: 0))
    nats.append(nat)
    return nat
  }

  /// Adds a node that announces itself at `begin` for the first time.
  @discardableResult
  mutating func addNode(
    behind nat: SimulatedNetwork.NAT? = nil, key: PublicKey? = nil,
    _ configuration: BeaconLink.Configuration = .init(), from begin: MonotonicInstant
  ) -> Int {
    let number = UInt32(nodes.count + 1)
    let id = NodeID.test(number)
    let host = network.addHost(at: .test(number), behind: nat)
    if let key { beacon.know(key, of: id) }
    indices[host] = nodes.count
    nodes.append(SimulatedNode(id, on: host, key: key, configuration, from: begin))
    network.setTimer(UInt64(number), at: begin)
    return nodes.count - 1
  }

  mutating func addStranger() -> SimulatedNetwork.Host {
    let host = network.addHost(at: Endpoint(ipv4: 192, 0, 2, UInt8(10 + strangers.count), port: 4_000))
    strangers.insert(host)
    return host
  }

  mutating func startChat() { network.setTimer(Timer.chat, at: network.now) }

  /// Ends a node's process and starts it again on the same machine, with another port.
  mutating func restartNode(_ index: Int, at endpoint: Endpoint) {
    let host = nodes[index].host
    let old = network.endpoint(of: host)
    network.move(host, to: endpoint)
    network.close(network.addHost(at: old))
    nodes[index].restart(at: network.now)
    nodes[index].tick(&network)
  }

  /// A machine falls asleep: nothing reaches it, and its node's time stands still.
  mutating func suspend(_ index: Int) {
    nodes[index].isAsleep = true
    network.cut(to: nodes[index].host)
  }

  /// It wakes up, and its node finds that hours have passed since it looked last.
  mutating func resume(_ index: Int) {
    nodes[index].isAsleep = false
    network.mend(to: nodes[index].host)
    nodes[index].tick(&network)
  }

  /// Lets so much time pass.
  mutating func run(for duration: Duration) throws {
    let end = network.now.advanced(by: duration)
    while let event = try network.step(until: end) { handle(event) }
  }

  private mutating func handle(_ event: SimulatedNetwork.Event) {
    switch event {
    case .timer(Timer.beacon):
      beacon.tick(&network)
      network.setTimer(Timer.beacon, at: network.now.advanced(by: .milliseconds(250)))
    case .timer(Timer.chat):
      let sender = Int.random(in: nodes.indices, using: &random)
      let receiver = Int.random(in: nodes.indices, using: &random)
      nodes[sender].relay(to: nodes[receiver].id, &network)
      network.setTimer(Timer.chat, at: network.now.advanced(by: chatInterval))
    case .timer(let number):
      let index = Int(number) - 1
      if !nodes[index].isAsleep, nodes[index].armedFor <= network.now { nodes[index].tick(&network) }
    case .unreachable(let host, let destination, let quoted):
      if host == beacon.host { return beacon.unreachable(destination, quoting: quoted, &network) }
      guard let index = indices[host] else { return }
      let reason = TransportError(code: .unreachable, message: "nothing listens there")
      nodes[index].unreachable(.unreachable(destination, reason: reason, quoted: quoted), &network)
    case .delivered(let delivery):
      deliver(delivery)
    }
  }

  private mutating func deliver(_ delivery: SimulatedNetwork.Delivery) {
    if delivery.host == beacon.host {
      let node = indices[delivery.sender].map { nodes[$0].id }
      return beacon.on(delivery, from: node, &network)
    }
    guard let index = indices[delivery.host] else {
      if delivery.frame.first == BeaconMessageType.relayDeliver.rawValue {
        violations.append("a stranger got a relay: \(delivery)")
      }
      return
    }
    if let violation = nodes[index].on(delivery.frame, from: delivery.source, &network) { violations.append(violation) }
  }

  /// How many nodes the beacon would reach at their present endpoint, those of a test left out.
  mutating func reachable(_ included: (SimulatedNode) -> Bool = { _ in true }) -> Int {
    var count = 0
    for node in nodes where included(node) {
      guard let endpoint = beacon.route(to: node.id, at: network.now) else { continue }
      if network.endpoint(of: node.host, seenBy: SimulatedBeacon.endpoint) == endpoint { count += 1 }
    }
    return count
  }
}
