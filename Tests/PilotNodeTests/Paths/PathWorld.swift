import PilotTesting
import PilotTransport
import PilotWire

@testable import PilotNode

/// A node over several paths on a simulated network, with its beacons and a peer behind them, which it talks to.
struct PathWorld: ~Copyable {
  private enum Event {
    case tick
    case dialled(Int, epoch: Int)
    case dialFailed(Int, epoch: Int, TransportError)
    case redial(Int, epoch: Int)
    case ping(Int, epoch: Int)
    case ended(Int, epoch: Int)
    case detached(Int, epoch: Int)
    case atBeacon(Int, epoch: Int, [UInt8])
    case atNode(Int, epoch: Int, [UInt8])
    case talk
  }

  /// What was said to whoever uses the node, and when.
  struct Told: Equatable, CustomStringConvertible {
    let at: Duration
    let change: PathSwitch
    var description: String { "\(at) \(change.from.map(\.description) ?? "-") → \(change.to): \(change.reason)" }
  }

  static let node = LinkRun.node
  static let peer = LinkRun.peer
  static let echoToken = ProbeToken(high: 1, low: 2)

  var network: SimulatedNetwork
  let host: SimulatedNetwork.Host
  var beacons: [SimulatedPathBeacon] = []
  var connections: [SimulatedConnection] = []
  let paths: [PathSelection.Path]
  private(set) var machine: NodeMachine
  private var events: [Event] = []
  private var armedFor: MonotonicInstant?
  private var random: SeededRandom
  private var traffic: [PathTraffic]

  /// Whether the node is read.
  var isReading = true
  /// While it sleeps nothing reaches it, and no time passes for it.
  var isAsleep = false
  /// Frames a second each way; 0 for none.
  private var rate = 0
  private var length = 0
  /// What goes to the peer, and what comes from it.
  var outbound = FlowCheck()
  var inbound = FlowCheck()

  private(set) var switches: [Told] = []
  private(set) var remembered: [NetworkVerdict] = []
  private(set) var carriages: [(at: Duration, carriage: Carriage)] = []
  private(set) var states: [NodeState] = []
  private(set) var datagramsSent = 0
  private(set) var probesSent = 0
  private(set) var faults: [String] = []
  private var ticks = 0
  private var lastTick = MonotonicInstant.start
  /// The longest probe.
  private(set) var longestProbe = 0

  /// - Parameters:
  ///   - paths: The node's paths.
  ///   - behavior: The NAT that it is behind, if there is one.
  ///   - firstAddress: Another address that the beacons' names have, and where nothing is.
  init(
    _ paths: [PathSelection.Path] = [.init(beacon: 0, .datagrams), .init(beacon: 0, .connection)], seed: UInt64 = 1,
    behind behavior: NATBehavior? = nil, _ configuration: PathSelection.Configuration = .init(),
    on verdict: NetworkVerdict? = nil, firstAddress: Endpoint? = nil,
    prepare: (inout SimulatedNetwork) -> Void = { _ in }
  ) {
    self.paths = paths
    var network = SimulatedNetwork(seed: seed, eventLimit: 20_000_000)
    random = SeededRandom(seed: ~seed)
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    network.setConditions(conditions)
    var nat: SimulatedNetwork.NAT?
    if let behavior { nat = network.addNAT(behavior, at: Endpoint(ipv4: 203, 0, 113, 1, port: 0)) }
    host = network.addHost(at: Endpoint(ipv4: 10, 0, 0, 7, port: 4_000), behind: nat)
    for index in 0...(paths.map(\.beacon).max() ?? 0) {
      let endpoint = Endpoint(ipv4: 198, 51, 100, UInt8(1 + index), port: 9_001)
      beacons.append(SimulatedPathBeacon(host: network.addHost(at: endpoint), endpoint: endpoint))
    }
    prepare(&network)
    self.network = network
    traffic = paths.map { _ in PathTraffic() }
    for (index, path) in paths.enumerated() where path.kind == .connection {
      connections.append(SimulatedConnection(path: index, beacon: path.beacon))
    }
    let endpoints = beacons.map(\.endpoint)
    let setups = paths.enumerated().map { index, path in
      let beacon = endpoints[path.beacon]
      let target: BeaconLink.Target =
        path.kind == .datagrams
        ? .datagrams(beacon: firstAddress ?? beacon, others: firstAddress == nil ? [] : [beacon])
        : .connection(beacon: Self.connectionEndpoint(index))
      return NodeMachine.Setup(
        path: path, target: target, isNamed: false, token: ProbeToken(high: 100, low: UInt64(index)))
    }
    machine = NodeMachine(
      node: Self.node, setups, echoToken: Self.echoToken, times: .init(), choosing: configuration, on: verdict,
      at: .start)
    perform()
  }

  static func connectionEndpoint(_ path: Int) -> Endpoint { Endpoint(ipv4: 240, 0, 0, UInt8(path), port: 443) }

  // MARK: What a test does

  var now: Duration { MonotonicInstant.start.duration(to: network.now) }
  var carriage: Carriage { machine.carriage }
  var active: PathID? { machine.carriage.active }

  /// Lets so much time pass.
  mutating func run(for duration: Duration) throws {
    let end = network.now.advanced(by: duration)
    while let event = try network.step(until: end) { handle(event) }
  }

  /// Frames both ways, so many a second each, as long as this.
  mutating func talk(_ rate: Int, length: Int = 1_000) {
    let wasSilent = self.rate == 0
    (self.rate, self.length) = (rate, length)
    if wasSilent, rate > 0 { set(.talk, after: .zero) }
  }

  /// UDP between the node and its beacons: none, or one way only.
  mutating func cutDatagrams(outbound: Bool = true, inbound: Bool = true, beacon: Int? = nil) {
    for (index, other) in beacons.enumerated() where beacon == nil || beacon == index {
      if outbound { network.cut(from: host, to: other.host) }
      if inbound { network.cut(from: other.host, to: host) }
    }
  }

  mutating func mendDatagrams() { network.heal() }

  /// A connection ends, as when its beacon or a box on the way closes it.
  mutating func endConnection(_ index: Int) { lose(index, TransportError(code: .connectionLost, message: "closed")) }

  /// A machine falls asleep for so long.
  mutating func sleep(for time: Duration) throws {
    isAsleep = true
    network.cut(to: host)
    try run(for: time)
    isAsleep = false
    network.mend(to: host)
  }

  /// Wi-Fi to Ethernet: another address, and what was connected from the old one gets nowhere.
  mutating func changeAddress(to endpoint: Endpoint) {
    network.move(host, to: endpoint)
    for index in connections.indices where connections[index].state == .up { connections[index].isStale = true }
  }

  mutating func networkChanged(to verdict: NetworkVerdict? = nil) {
    drive { machine, now in machine.networkChanged(to: verdict, at: now) }
  }

  mutating func resumed() { drive { machine, now in machine.resumed(at: now) } }

  /// The node's timers fire, however late.
  mutating func lateTick() { handle(.tick) }

  /// A beacon's machine goes: datagrams for it are reported as ICMP does, connections end.
  mutating func kill(beacon: Int) {
    network.close(beacons[beacon].host)
    beacons[beacon].isGone = true
    beacons[beacon].restart()
    let refused = TransportError(code: .connectFailed, message: "refused")
    for index in connections.indices where connections[index].beacon == beacon {
      connections[index].obstacle = .refusing(refused)
      lose(index, refused)
    }
  }

  mutating func revive(beacon: Int) {
    network.reopen(beacons[beacon].host)
    beacons[beacon].isGone = false
    for index in connections.indices where connections[index].beacon == beacon { connections[index].obstacle = .none }
  }

  /// A beacon says over a connection that it is about to end.
  mutating func announceDrain(over path: Int, _ comeBack: ReturnSpan) {
    drive { machine, now in machine.on(.draining(comeBack), of: [PathID(path)], at: now) }
  }

  /// A connection leads elsewhere now.
  mutating func announceMove(of path: Int) {
    drive { machine, now in machine.on(.moved(to: "wss://b.example/v1/compat"), of: [PathID(path)], at: now) }
  }

  /// Somebody at a beacon's address says so in a datagram.
  mutating func warn(beacon: Int, _ comeBack: ReturnSpan) {
    let (frame, source) = (Drain(node: Self.node, comeBack: comeBack).encoded(), beacons[beacon].endpoint)
    drive { machine, now in _ = machine.received(frame.span.raw, from: source, at: now) }
  }

  // MARK: Events

  private mutating func set(_ event: Event, after delay: Duration) {
    events.append(event)
    network.setTimer(UInt64(events.count - 1), at: network.now.advanced(by: delay))
  }

  private mutating func drive(_ event: (inout NodeMachine, MonotonicInstant) -> Void) {
    event(&machine, network.now)
    perform()
  }

  private mutating func handle(_ event: SimulatedNetwork.Event) {
    switch event {
    case .timer(let number): handle(events[Int(number)])
    case .delivered(let delivery) where delivery.host == host:
      if !isAsleep { received(delivery.frame, from: delivery.source) }
    case .delivered(let delivery):
      guard let index = beacons.firstIndex(where: { $0.host == delivery.host }) else { return }
      datagram(delivery.frame, from: delivery.source, at: index)
    case .unreachable(let host, let destination, let quoted):
      guard host == self.host, !isAsleep else { return }
      let ids = paths.indices.filter { paths[$0].kind == .datagrams }.map { PathID($0) }
      let reason = TransportError(code: .unreachable, message: "nothing listens there")
      drive { machine, now in
        machine.on(.unreachable(destination, reason: reason, quoted: quoted), of: ids, at: now)
      }
    }
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .tick:
      guard !isAsleep, let due = armedFor, due <= network.now else { return }
      armedFor = nil
      let (traffic, random, isReading) = (traffic, random.fraction(), isReading)
      drive { machine, now in
        machine.counted(traffic, isReading: isReading, at: now)
        machine.tick(at: now, random: random)
      }
      // What a link tells in a tick can make something due at once; again and again it can't.
      ticks = lastTick == network.now ? ticks + 1 : 0
      lastTick = network.now
      if ticks > 10 { faults.append("\(now): due without end") }
      if case .both(let first, let second) = carriage, first == second { faults.append("\(now): twice over one path") }
    case .talk: talkOnce()
    case .atBeacon(let index, let epoch, let frame):
      let connection = connections[index]
      guard epoch == connection.epoch, connection.obstacle != .silent, !connection.isStale else { return }
      atBeacon(frame, over: index)
    case .atNode(let index, let epoch, let frame):
      let connection = connections[index]
      guard epoch == connection.epoch, connection.obstacle != .silent, !connection.isStale, !isAsleep else { return }
      received(frame, from: Self.connectionEndpoint(connections[index].path))
    case .dialled(let index, let epoch): dialled(index, epoch)
    case .dialFailed(let index, let epoch, let error):
      if connections[index].epoch == epoch, connections[index].state == .dialling { lose(index, error) }
    case .redial(let index, let epoch):
      if connections[index].epoch == epoch, connections[index].state == .waiting { dial(index) }
    case .ping(let index, let epoch):
      guard connections[index].epoch == epoch, connections[index].state == .up else { return }
      if connections[index].obstacle == .silent || connections[index].isStale {
        set(.ended(index, epoch: epoch), after: SimulatedConnection.pong)
      } else if let limit = connections[index].idleLimit, let used = connections[index].usedAt,
        used.duration(to: network.now) >= limit
      {
        lose(index, TransportError(code: .connectionLost, message: "idle"))
      } else {
        connections[index].usedAt = network.now
        set(.ping(index, epoch: epoch), after: SimulatedConnection.ping)
      }
    case .ended(let index, let epoch):
      guard connections[index].epoch == epoch, connections[index].state == .up else { return }
      lose(index, TransportError(code: .timedOut, message: "no pong"))
    case .detached(let index, let epoch):
      let beacon = connections[index].beacon
      if let attached = beacons[beacon].attached, attached == (index, epoch) { beacons[beacon].attached = nil }
    }
  }

  // MARK: Connections

  private mutating func dial(_ index: Int) {
    connections[index].state = .dialling
    connections[index].isStale = false
    connections[index].epoch += 1
    connections[index].dials += 1
    let (epoch, connection) = (connections[index].epoch, connections[index])
    switch connection.obstacle {
    case .none: set(.dialled(index, epoch: epoch), after: connection.dialTime)
    case .silent:
      let error = TransportError(code: .timedOut, message: "the dial got no answer")
      set(.dialFailed(index, epoch: epoch, error), after: SimulatedConnection.dialLimit)
    case .refusing(let error): set(.dialFailed(index, epoch: epoch, error), after: connection.delay * 2)
    }
  }

  private mutating func dialled(_ index: Int, _ epoch: Int) {
    let connection = connections[index]
    guard connection.epoch == epoch, connection.state == .dialling, connection.obstacle == .none else { return }
    connections[index].state = .up
    (connections[index].since, connections[index].usedAt) = (network.now, network.now)
    beacons[connection.beacon].attached = (index, epoch)
    set(.ping(index, epoch: epoch), after: SimulatedConnection.ping)
    let (id, isOwn) = (PathID(connection.path), beacons[connection.beacon].allowsBoth)
    drive { machine, now in
      machine.note(id, beaconIsOwn: isOwn, at: now)
      machine.on(.reconnected, of: [id], at: now)
    }
    guard beacons[connection.beacon].isFull, let span = ReturnSpan(from: 2_000, until: 5_000) else { return }
    drive { machine, now in machine.on(.draining(span), of: [id], at: now) }
  }

  private mutating func lose(_ index: Int, _ error: TransportError) {
    guard connections[index].state == .up || connections[index].state == .dialling else { return }
    if let attached = beacons[connections[index].beacon].attached, attached == (index, connections[index].epoch) {
      beacons[connections[index].beacon].attached = nil
    }
    if let since = connections[index].since {
      connections[index].backoff.connectionEnded(after: since.duration(to: network.now))
    }
    // As the connection's own supervisor has it: what no retry cures is tried as rarely as can be.
    if error.retry == .never { connections[index].backoff.jumpToMaximum() }
    connections[index].since = nil
    connections[index].state = .waiting
    connections[index].epoch += 1
    let delay = connections[index].backoff.next(random: random.fraction())
    set(.redial(index, epoch: connections[index].epoch), after: delay)
    let id = PathID(connections[index].path)
    drive { machine, now in
      machine.note(id, beaconIsOwn: nil, at: now)
      machine.on(.reconnecting(reason: error, attempt: 1, delay: delay), of: [id], at: now)
    }
  }

  private mutating func rest(_ index: Int) {
    if connections[index].state == .up {
      set(.detached(index, epoch: connections[index].epoch), after: connections[index].delay)
    } else {
      connections[index].epoch += 1
    }
    connections[index].state = .resting
    connections[index].backoff = Backoff()
    let id = PathID(connections[index].path)
    machine.on(.resting, of: [id], at: network.now)
  }

  private func connection(of path: PathID) -> Int? { connections.firstIndex { $0.path == path.index } }

  // MARK: What the node wants done

  private mutating func perform() {
    var outputs = machine.takeOutputs()
    while !outputs.isEmpty {
      for output in outputs { perform(output) }
      outputs = machine.takeOutputs()
    }
    if carriages.last?.carriage != machine.carriage { carriages.append((now, machine.carriage)) }
    guard let deadline = machine.deadline, armedFor.map({ deadline < $0 }) ?? true else { return }
    armedFor = deadline
    set(.tick, after: network.now.duration(to: max(deadline, network.now)))
  }

  private mutating func perform(_ output: NodeMachine.Output) {
    switch output {
    case .state(let state): states.append(state)
    case .selection(let output): perform(output)
    case .link(let id, let output):
      switch output {
      case .ask(let endpoint):
        datagramsSent += 1
        network.send(Discover(node: nil).encoded(), from: host, to: endpoint, at: network.now)
      case .announce: send(Discover(node: Self.node).encoded(), over: id)
      case .probe:
        let payload = ProbeToken(high: 100, low: UInt64(id.index)).payload
        send(Relay(sender: Self.node, destination: Self.node, payload: payload.span.raw).encoded(), over: id)
      case .prove, .punch, .punchHeldBack, .resolve, .state: break
      }
    }
  }

  private mutating func perform(_ output: PathSelection.Output) {
    switch output {
    case .open(let id):
      if let index = connection(of: id), connections[index].state == .resting { dial(index) }
    case .rest(let id):
      if let index = connection(of: id) { rest(index) }
    case .redial(let id):
      guard let index = connection(of: id) else { return }
      set(.detached(index, epoch: connections[index].epoch), after: connections[index].delay)
      let reason = TransportError(code: .connectionLost, message: "given up")
      machine.on(.reconnecting(reason: reason, attempt: 1, delay: .zero), of: [id], at: network.now)
      dial(index)
    case .probe(let id, let length):
      probesSent += 1
      longestProbe = max(longestProbe, length)
      if length == 37 { faults.append("a probe of 37 bytes") }
      let question = Discover(node: nil).encoded()
      send(question + [UInt8](repeating: 0, count: length - question.count), over: id)
    case .echo(let id, let number, let length):
      let payload = Self.echoToken.echo(number, length: length - Relay.headerLength)
      send(Relay(sender: Self.node, destination: Self.node, payload: payload.span.raw).encoded(), over: id)
    case .switched(let change): switches.append(Told(at: now, change: change))
    case .remember(let verdict): remembered.append(verdict)
    case .announce, .carry: break
    }
  }

  private mutating func send(_ frame: [UInt8], over id: PathID) {
    guard let index = connection(of: id) else {
      datagramsSent += 1
      return network.send(frame, from: host, to: beacons[paths[id.index].beacon].endpoint, at: network.now)
    }
    guard connections[index].state == .up else { return }
    set(.atBeacon(index, epoch: connections[index].epoch, frame), after: connections[index].delay)
  }

  // MARK: Beacons

  private mutating func datagram(_ frame: [UInt8], from source: Endpoint, at index: Int) {
    switch frame.first {
    case BeaconMessageType.discover.rawValue:
      if frame.count == 5, let discover = try? Discover(parsing: frame.span.raw), discover.node != nil {
        beacons[index].announce(from: source, at: network.now)
      }
      let reply = DiscoverReply(endpoint: source).encoded()
      network.send(reply, from: beacons[index].host, to: source, at: network.now)
    case BeaconMessageType.relay.rawValue:
      if beacons[index].takes(from: source) { relay(frame, at: index) }
    default: break
    }
  }

  private mutating func atBeacon(_ frame: [UInt8], over index: Int) {
    let beacon = connections[index].beacon
    guard let attached = beacons[beacon].attached, attached == (index, connections[index].epoch) else { return }
    if frame.first == BeaconMessageType.discover.rawValue {
      return beacons[beacon].announce(from: nil, at: network.now)
    }
    relay(frame, at: beacon)
  }

  private mutating func relay(_ frame: [UInt8], at beacon: Int) {
    guard let relay = try? Relay(parsing: frame.span.raw) else { return faults.append("a relay that is none") }
    guard relay.destination == Self.node else { return outbound.received(frame, at: network.now) }
    deliver(RelayDeliver(sender: Self.node, payload: relay.payload).encoded(), from: beacon)
  }

  /// Delivers to the node: over its connection while there is one.
  private mutating func deliver(_ frame: [UInt8], from index: Int) {
    let beacon = beacons[index]
    guard !beacon.isGone else { return }
    if let (connection, epoch) = beacon.attached {
      set(.atNode(connection, epoch: epoch, frame), after: connections[connection].delay)
    } else if let endpoint = beacon.registered {
      network.send(frame, from: beacon.host, to: endpoint, at: network.now)
    }
  }

  // MARK: Talk

  /// A frame each way. The peer's comes from the beacon where it would find the node: the first that has it.
  private mutating func talkOnce() {
    guard rate > 0 else { return }
    defer { set(.talk, after: .seconds(1) / rate) }
    let paths: [PathID] =
      switch machine.carriage {
      case .none: []
      case .one(let id): [id]
      case .both(let first, let second): [first, second]
      }
    if !isAsleep {
      let payload = outbound.next(length: length - Relay.headerLength, at: network.now)
      let frame = Relay(sender: Self.node, destination: Self.peer, payload: payload.span.raw).encoded()
      for id in paths {
        traffic[id.index].framesSent += 1
        traffic[id.index].bytesSent += UInt64(frame.count)
        send(frame, over: id)
      }
    }
    let payload = inbound.next(length: length - 5, at: network.now)
    let frame = RelayDeliver(sender: Self.peer, payload: payload.span.raw).encoded()
    for index in beacons.indices where beacons[index].attached != nil || beacons[index].registered != nil {
      deliver(frame, from: index)
    }
  }

  private mutating func received(_ frame: [UInt8], from source: Endpoint) {
    guard isReading else { return }
    if let message = try? RelayDeliver(parsing: frame.span.raw), message.sender == Self.peer {
      inbound.received(frame, at: network.now)
      let path = paths.indices.first { index in
        paths[index].kind == .connection
          ? Self.connectionEndpoint(index) == source : beacons[paths[index].beacon].endpoint == source
      }
      if let path {
        traffic[path].framesReceived += 1
        traffic[path].bytesReceived += UInt64(frame.count)
      }
    }
    drive { machine, now in _ = machine.received(frame.span.raw, from: source, at: now) }
  }
}
