import PilotTesting
import PilotTransport
import PilotWire

@testable import PilotTunnel

/// Two nodes with a session, each behind a NAT or none, and a beacon that sees them, relays and has them punch.
///
/// What is sealed in the world outside has its sender in front here, and everybody believes it.
struct DirectWorld {
  /// What stands in front of a frame.
  private enum Kind: UInt8 {
    case announce, seen, relay, punch
    case data, probe, ack
  }

  private enum Timer {
    case due(Int), announce(Int), ask(Int), talk(Int)
  }

  /// One of the two.
  struct Side {
    let host: SimulatedNetwork.Host
    let id: NodeID
    var path: DirectPath
    var budget = DirectBudget()
    /// Whether it only gives back what comes, as a deployed node: it calls nobody, and names no address.
    var isDeployed = false
    /// Its address of its own network, if peers are told of it.
    var namesOwn: [Endpoint] = []
    /// Packets a second of its user's.
    var rate = 0
    var lastNumber: UInt32 = 0
    /// The numbers of the other side's packets that came, and when the last new one did.
    var received: Set<UInt32> = []
    var lastReceived: MonotonicInstant?
    /// The longest time without a new one.
    var longestGap: Duration = .zero
    var switches: [Told] = []
    var requests: [MonotonicInstant] = []
    /// Probes that were sent directly, by address.
    var probes: [Endpoint: Int] = [:]
    fileprivate var armedFor: MonotonicInstant?
  }

  /// A switch, and when.
  struct Told: CustomStringConvertible {
    let at: Duration
    let change: DirectSwitch
    var description: String { "\(at) \(change.from) → \(change.to): \(change.reason)" }
  }

  /// What is in front of a node.
  enum Place {
    case open
    case behind(NATBehavior)
  }

  static let beaconEndpoint = Endpoint(ipv4: 198, 51, 100, 1, port: 9_001)
  static let ids = (1...2).compactMap { NodeID($0) }

  var network: SimulatedNetwork
  let beacon: SimulatedNetwork.Host
  var sides: [Side] = []
  private(set) var nats: [SimulatedNetwork.NAT?] = []
  /// Where the beacon sees each node.
  private(set) var seen: [Endpoint?] = [nil, nil]
  /// Whether the beacon serves requests to punch.
  var servesPunches = true
  /// What a lying beacon names instead.
  var lies: [Endpoint] = []
  private var timers: [Timer] = []
  private var random: SeededRandom
  private(set) var faults: [String] = []
  let origin: MonotonicInstant

  /// - Parameters:
  ///   - places: What is in front of each node; one for both if they share a NAT.
  ///   - seed: What all chance follows from.
  ///   - naming: Whether peers are told of the nodes' own addresses.
  init(_ places: [Place], seed: UInt64 = 1, naming: Bool = true, _ configuration: DirectPath.Configuration = .init()) {
    origin = MonotonicInstant(nanoseconds: seed &* 1_000_003)
    network = SimulatedNetwork(seed: seed, now: origin, eventLimit: 5_000_000)
    random = SeededRandom(seed: ~seed)
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(20)
    network.setConditions(conditions)
    beacon = network.addHost(at: Self.beaconEndpoint)
    for index in 0..<2 {
      let endpoint: Endpoint
      var nat: SimulatedNetwork.NAT?
      switch places[min(index, places.count - 1)] {
      case .open: endpoint = Endpoint(ipv4: 203, 0, 113, UInt8(10 + index), port: 4_000)
      case .behind(let behavior):
        endpoint = Endpoint(ipv4: 192, 168, 1, UInt8(10 + index), port: 4_000)
        nat =
          places.count == 1 && index == 1
          ? nats[0] : network.addNAT(behavior, at: Endpoint(ipv4: 203, 0, 113, UInt8(20 + index), port: 0))
      }
      nats.append(nat)
      let surroundings = Surroundings(own: [], beacon: Self.beaconEndpoint)
      var side = Side(
        host: network.addHost(at: endpoint, behind: nat), id: Self.ids[index],
        path: DirectPath(to: Self.ids[1 - index], in: surroundings, configuration, at: origin))
      if naming { side.namesOwn = [endpoint] }
      sides.append(side)
    }
    for index in 0..<2 { set(.announce(index), after: .zero) }
  }

  // MARK: What a test does

  var now: Duration { origin.duration(to: network.now) }

  /// Lets so much time pass.
  mutating func run(for duration: Duration) throws {
    let end = network.now.advanced(by: duration)
    while let event = try network.step(until: end) { handle(event) }
  }

  /// Lets time pass until both nodes, or those that are named, send directly; at most so long.
  ///
  /// - Returns: How long it took; nil if it didn't come to that.
  mutating func runUntilDirect(_ indices: [Int] = [0, 1], within limit: Duration = .seconds(20)) throws -> Duration? {
    let start = network.now
    let end = start.advanced(by: limit)
    while !indices.allSatisfy({ isDirect($0) }) {
      guard let event = try network.step(until: end) else { return nil }
      handle(event)
    }
    return start.duration(to: network.now)
  }

  func isDirect(_ index: Int) -> Bool { sides[index].path.route != .relay }

  /// A user's packets from one node to the other, so many a second.
  mutating func talk(_ index: Int, _ rate: Int) {
    let wasSilent = sides[index].rate == 0
    sides[index].rate = rate
    if wasSilent, rate > 0 { set(.talk(index), after: .zero) }
  }

  /// Cuts the direct way from one node to the other.
  mutating func cut(from index: Int) { network.cut(from: sides[index].host, to: sides[1 - index].host) }

  /// A NAT forgets a node, which learns it a second later: a node that is used asks its beacon so often.
  mutating func rebind(_ index: Int) {
    network.forgetMappings(of: sides[index].host)
    set(.ask(index), after: .seconds(1))
  }

  mutating func networkChanged(_ index: Int) {
    sides[index].path.networkChanged(at: network.now)
    perform(index)
  }

  mutating func unreachable(_ index: Int, _ endpoint: Endpoint) {
    sides[index].path.unreachable(endpoint, at: network.now)
    perform(index)
  }

  mutating func probed(_ index: Int, _ payload: ProbePayload, by route: TunnelRoute = .relay) {
    sides[index].path.probed(payload, by: route, at: network.now)
    perform(index)
  }

  mutating func announceEvery() { for index in 0..<2 { announce(index) } }

  // MARK: What happens

  private mutating func set(_ timer: Timer, after delay: Duration) {
    timers.append(timer)
    network.setTimer(UInt64(timers.count - 1), at: network.now.advanced(by: delay))
  }

  private mutating func handle(_ event: SimulatedNetwork.Event) {
    switch event {
    case .delivered(let delivery):
      if delivery.host == beacon {
        receiveAtBeacon(delivery)
      } else if let index = sides.firstIndex(where: { $0.host == delivery.host }) {
        receive(delivery, at: index)
      }
    case .unreachable(let host, let destination, _):
      guard let index = sides.firstIndex(where: { $0.host == host }) else { return }
      unreachable(index, destination)
    case .timer(let number): fire(timers[Int(number)])
    @unknown default: faults.append("an unknown event")
    }
  }

  private mutating func fire(_ timer: Timer) {
    switch timer {
    case .announce(let index):
      announce(index)
      set(timer, after: .seconds(15))
    case .ask(let index): announce(index)
    case .talk(let index):
      guard sides[index].rate > 0 else { return }
      say(index)
      set(timer, after: .seconds(1) / sides[index].rate)
    case .due(let index):
      guard sides[index].armedFor == network.now else { return }
      sides[index].armedFor = nil
      perform(index)
    }
  }

  private mutating func announce(_ index: Int) {
    network.send(
      [Kind.announce.rawValue, UInt8(index)], from: sides[index].host, to: Self.beaconEndpoint, at: network.now)
  }

  private mutating func say(_ index: Int) {
    sides[index].lastNumber += 1
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: sides[index].lastNumber >> (8 * $0)) }
    send([Kind.data.rawValue, UInt8(index)] + bytes, from: index, by: sides[index].path.route)
    if sides[index].path.isDoubted { send([Kind.data.rawValue, UInt8(index)] + bytes, from: index, by: .relay) }
    sides[index].path.sent(at: network.now)
    perform(index)
  }

  private mutating func send(_ frame: [UInt8], from index: Int, by route: TunnelRoute) {
    switch route {
    case .relay:
      network.send(
        [Kind.relay.rawValue, UInt8(1 - index)] + frame, from: sides[index].host, to: Self.beaconEndpoint,
        at: network.now)
    case .direct(let endpoint): network.send(frame, from: sides[index].host, to: endpoint, at: network.now)
    }
  }

  private mutating func receiveAtBeacon(_ delivery: SimulatedNetwork.Delivery) {
    guard delivery.frame.count >= 2, let kind = Kind(rawValue: delivery.frame[0]), delivery.frame[1] < 2 else { return }
    let index = Int(delivery.frame[1])
    switch kind {
    case .announce:
      seen[index] = delivery.source
      tell(index, .seen, delivery.source)
    case .relay:
      guard let destination = seen[index] else { return }
      network.send(
        [Kind.relay.rawValue, 0] + delivery.frame.dropFirst(2), from: beacon, to: destination, at: network.now)
    case .punch:
      guard servesPunches, let here = seen[index], let there = seen[1 - index] else { return }
      if lies.isEmpty {
        tell(index, .punch, there)
        tell(1 - index, .punch, here)
      }
      for lie in lies {
        tell(index, .punch, lie)
        tell(1 - index, .punch, lie)
      }
    case .seen, .data, .probe, .ack: faults.append("the beacon gets \(kind)")
    }
  }

  /// The body of a DiscoverReply or a PunchCommand, which is the same.
  private mutating func tell(_ index: Int, _ kind: Kind, _ endpoint: Endpoint) {
    guard let destination = seen[index] else { return }
    network.send(
      [kind.rawValue, 0] + PunchCommand(endpoint: endpoint).encoded(), from: beacon, to: destination, at: network.now)
  }

  private mutating func receive(_ delivery: SimulatedNetwork.Delivery, at index: Int) {
    var frame = delivery.frame[...]
    var route = TunnelRoute.direct(delivery.source)
    if delivery.source == Self.beaconEndpoint, frame.count >= 2 {
      let kind = Kind(rawValue: frame[0])
      frame = frame.dropFirst(2)
      switch kind {
      case .seen: return learn(index, Array(frame))
      case .punch: return punch(index, Array(frame))
      case .relay: route = .relay
      default: return
      }
    }
    let bytes = Array(frame)
    guard bytes.count >= 2, let kind = Kind(rawValue: bytes[0]), bytes[1] == UInt8(1 - index) else { return }
    open(kind, Array(bytes.dropFirst(2)), by: route, at: index)
  }

  private mutating func open(_ kind: Kind, _ body: [UInt8], by route: TunnelRoute, at index: Int) {
    let now = network.now
    if case .direct(let endpoint) = route { sides[index].path.opened(from: endpoint, at: now) }
    switch kind {
    case .data:
      let number = body.prefix(4).enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
      if sides[index].received.insert(number).inserted {
        if let last = sides[index].lastReceived {
          sides[index].longestGap = max(sides[index].longestGap, last.duration(to: now))
        }
        sides[index].lastReceived = now
      }
    case .probe:
      send([Kind.ack.rawValue, UInt8(index)] + body, from: index, by: route)
      if !sides[index].isDeployed, let payload = ProbePayload(parsing: body.span.raw) {
        sides[index].path.probed(payload, by: route, at: now)
      }
    case .ack:
      if let payload = ProbePayload(parsing: body.span.raw) { sides[index].path.echoed(payload, by: route, at: now) }
    default: faults.append("a node gets \(kind)")
    }
    perform(index)
  }

  private mutating func learn(_ index: Int, _ body: [UInt8]) {
    guard let endpoint = try? PunchCommand(parsing: body.span.raw).endpoint else { return }
    let own = [endpoint] + sides[index].namesOwn.filter { $0 != endpoint }
    sides[index].path.surround(by: Surroundings(own: own, beacon: Self.beaconEndpoint), at: network.now)
    perform(index)
  }

  private mutating func punch(_ index: Int, _ body: [UInt8]) {
    guard let endpoint = try? PunchCommand(parsing: body.span.raw).endpoint else { return }
    for _ in 0..<3 { network.send(Punch().encoded(), from: sides[index].host, to: endpoint, at: network.now) }
    for peer in sides[index].budget.askedLately(at: network.now) where peer == sides[index].path.peer {
      sides[index].path.punchCommanded(to: endpoint, at: network.now)
    }
    perform(index)
  }

  // MARK: The driver

  private mutating func perform(_ index: Int) {
    let now = network.now
    if sides[index].isDeployed { return }
    if let due = sides[index].path.deadline, due <= now {
      var side = sides[index]
      side.path.tick(at: now, spending: &side.budget, using: &random)
      sides[index] = side
      if let due = sides[index].path.deadline, due <= now { faults.append("\(self.now): due again at once") }
    }
    while let output = sides[index].path.nextOutput() {
      switch output {
      case .requestPunch:
        sides[index].requests.append(now)
        network.send([Kind.punch.rawValue, UInt8(index)], from: sides[index].host, to: Self.beaconEndpoint, at: now)
      case .probe(let payload, let route):
        if case .direct(let endpoint) = route { sides[index].probes[endpoint, default: 0] += 1 }
        send([Kind.probe.rawValue, UInt8(index)] + payload.encoded(), from: index, by: route)
      case .switched(let change):
        if change.to != sides[index].path.route {
          faults.append("told of \(change.to) while on \(sides[index].path.route)")
        }
        sides[index].switches.append(Told(at: self.now, change: change))
      }
    }
    if let due = sides[index].path.deadline, sides[index].armedFor.map({ due < $0 || $0 < now }) ?? true {
      sides[index].armedFor = due
      timers.append(.due(index))
      network.setTimer(UInt64(timers.count - 1), at: due)
    }
  }
}
