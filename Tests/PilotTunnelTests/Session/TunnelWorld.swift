import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

/// Machines of several nodes, and what lies between them: delay, loss, duplicates, an observer who keeps all frames.
///
/// It performs outputs as a driver does, and checks that what leaves is sealed.
final class TunnelWorld {
  struct Flight {
    let due: MonotonicInstant
    let number: Int
    let sender: NodeID
    let receiver: NodeID
    let route: TunnelRoute
    let frame: [UInt8]
  }

  struct Delivered: Equatable {
    let sender: NodeID
    let payload: [UInt8]
    let at: MonotonicInstant
  }

  final class Node {
    let id: NodeID
    let identity: Identity
    var machine: TunnelMachine
    var delivered: [Delivered] = []
    var receptions: [Reception] = []
    var refused: [NodeID: [RefusalReason]] = [:]
    var ended: [NodeID: [SessionEnd]] = [:]
    var readies = 0
    var lookups = 0

    init(_ id: NodeID, _ identity: Identity, _ machine: TunnelMachine) {
      self.id = id
      self.identity = identity
      self.machine = machine
    }
  }

  var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  var directory: [NodeID: KeyAnswer] = [:]
  var nodes: [NodeID: Node] = [:]
  var latency = Duration.milliseconds(20)
  var jitter = Duration.zero
  var loss = 0.0
  var duplicates = 0.0
  /// Between whom nothing arrives, from and to.
  var blocked: Set<[NodeID]> = []
  /// Addresses of nobody who takes part: what is sent there is lost.
  var strangers: Set<Endpoint> = []
  /// All frames that were sent, whether they arrive or not.
  var recorded: [Flight] = []
  /// Payloads that must not be seen on the way.
  var secrets: [[UInt8]] = []
  private(set) var leaks: [String] = []

  private var flights: [Flight] = []
  private var random: SeededRandom
  private var runs: UInt64 = 0
  let configuration: TunnelConfiguration

  init(seed: UInt64 = 1, _ configuration: TunnelConfiguration = TunnelConfiguration()) {
    random = SeededRandom(seed: seed)
    self.configuration = configuration
  }

  /// Starts a node, or starts it again: with the same identity, and with nothing that it had in memory.
  @discardableResult
  func start(_ number: UInt32, as identity: Identity? = nil) throws -> Node {
    let id = try #require(NodeID(number))
    let seed = (0..<32).map { UInt8(truncatingIfNeeded: Int(number) &* 31 &+ $0) }
    let identity = try identity ?? nodes[id]?.identity ?? Identity(seed: seed.span.raw)
    runs += 1
    let machine = TunnelMachine(
      id: id, identity: identity, configuration: configuration,
      random: SeededRandom(seed: random.next() &+ runs), at: now)
    let node = Node(id, identity, machine)
    nodes[id] = node
    if directory[id] == nil { directory[id] = .key(identity.publicKey) }
    return node
  }

  /// Sends a payload to port 1000 of a peer.
  @discardableResult
  func send(_ payload: [UInt8], from sender: Node, to receiver: Node) -> SendResult {
    let header = Self.header(from: sender.id, to: receiver.id)
    let result = sender.machine.send(header, payload.span.raw, to: receiver.id, at: now)
    if case .session(let sealer) = result, let frame = try? sealer.sealed(header, payload.span.raw) {
      fly(frame, from: sender.id, to: receiver.id, by: .relay)
    }
    perform(sender)
    return result
  }

  static func header(
    from sender: NodeID, to receiver: NodeID, _ kind: PacketProtocol = .datagram, port: UInt16 = 1000,
    flags: PacketFlags = []
  ) -> PacketHeader {
    PacketHeader(
      flags: flags, protocol: kind,
      source: PilotSocketAddress(address: PilotAddress(network: 0, node: sender.rawValue), port: port),
      destination: PilotSocketAddress(address: PilotAddress(network: 0, node: receiver.rawValue), port: port))
  }

  /// Hands a frame to a node at once, as anybody could.
  @discardableResult
  func inject(_ frame: [UInt8], into node: Node, by route: TunnelRoute, relayedFor relayer: NodeID? = nil) -> Reception
  {
    var memory = [UInt8](repeating: 0, count: 65_536)
    let reception = memory.lending {
      node.machine.receive(frame.span.raw, by: route, relayedFor: relayer, at: now, into: &$0)
    }
    if case .packet(let sender, _, let range) = reception {
      let payload = Array(memory[range])
      node.delivered.append(Delivered(sender: sender, payload: payload, at: now))
    }
    node.receptions.append(reception)
    perform(node)
    return reception
  }

  /// Lets time pass: frames arrive when they are due, machines are told the time at their deadlines.
  func run(for time: Duration) {
    let end = now.advanced(by: time)
    var steps = 0
    while let next = nextEvent(), next <= end {
      steps += 1
      precondition(steps < 2_000_000, "there is no end to it")
      now = max(now, next)
      deliver()
      for node in sorted where node.machine.deadline.map({ $0 <= now }) ?? false {
        node.machine.tick(at: now)
        perform(node)
      }
    }
    now = end
  }

  /// What the machine wants done.
  func perform(_ node: Node) {
    while let output = node.machine.nextOutput() {
      switch output {
      case .send(let frame, let receiver, let way):
        var route = TunnelRoute.relay
        if case .route(let named) = way { route = named }
        fly(frame, from: node.id, to: receiver, by: route)
      case .lookUp(let asked):
        node.lookups += 1
        node.machine.learned(directory[asked] ?? .unknown, of: asked, at: now)
      case .ready: node.readies += 1
      case .ended(let peer, let reason): node.ended[peer, default: []].append(reason)
      case .refused(let peer, let reason): node.refused[peer, default: []].append(reason)
      }
    }
  }

  private var sorted: [Node] { nodes.values.sorted { $0.id < $1.id } }

  private func nextEvent() -> MonotonicInstant? {
    let deadlines = nodes.values.compactMap { $0.machine.deadline.map { max($0, now) } }
    return (flights.map(\.due) + deadlines).min()
  }

  private func deliver() {
    let arriving = flights.filter { $0.due <= now }.sorted { ($0.due, $0.number) < ($1.due, $1.number) }
    flights.removeAll { $0.due <= now }
    for flight in arriving {
      guard let node = nodes[flight.receiver], !blocked.contains([flight.sender, flight.receiver]) else { continue }
      inject(flight.frame, into: node, by: flight.route, relayedFor: flight.route == .relay ? flight.sender : nil)
    }
  }

  private func fly(_ frame: [UInt8], from sender: NodeID, to receiver: NodeID, by route: TunnelRoute) {
    check(frame)
    let copies = random.chance(loss) ? 0 : random.chance(duplicates) ? 2 : 1
    for _ in 0..<max(copies, 1) {
      let delay = latency + (jitter == .zero ? .zero : jitter * random.fraction())
      let flight = Flight(
        due: now.advanced(by: delay), number: recorded.count, sender: sender, receiver: receiver, route: route,
        frame: frame)
      recorded.append(flight)
      if case .direct(let endpoint) = route, strangers.contains(endpoint) { continue }
      if copies > 0 { flights.append(flight) }
    }
  }

  private func check(_ frame: [UInt8]) {
    let magic = String(decoding: frame.prefix(4), as: UTF8.self)
    if magic != "PILS" && magic != "PILA" { leaks.append("a frame of kind \(magic)") }
    for secret in secrets where !secret.isEmpty {
      if frame.indices.contains(where: { frame[$0...].starts(with: secret) }) {
        leaks.append("\(secret) in a \(magic)")
      }
    }
  }
}

extension TunnelWorld.Node {
  /// What was handed on of a peer's.
  func payloads(of peer: NodeID) -> [[UInt8]] { delivered.filter { $0.sender == peer }.map(\.payload) }
}
