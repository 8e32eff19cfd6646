import PilotBeacon
import PilotTesting
import PilotTransport
import PilotWire

/// A beacon of one router on a simulated network: performs what the router says, and checks what it says against what the
/// nodes have done.
struct SimulatedBeacon: ~Copyable {
  static let endpoint = Endpoint(ipv4: 198, 51, 100, 1, port: 9_001)

  let host: SimulatedNetwork.Host
  private(set) var router: Router
  private var authenticator: FakeAuthenticator
  private var generation: UInt64 = 0
  /// Where each node's own frames came from, in order, since the start.
  private var homes: [NodeID: [Endpoint]] = [:]
  /// The latest of its homes that a relay to the node went to.
  private var newestUsed: [NodeID: Int] = [:]
  private(set) var relaysTaken: UInt64 = 0
  /// Whether it knows its own address, and can ask nodes whether they are there.
  private let asks: Bool
  private(set) var violations: [String] = []

  init(on network: inout SimulatedNetwork, asks: Bool) {
    host = network.addHost(at: Self.endpoint)
    self.asks = asks
    router = Self.router(seed: 0, asks: asks)
    authenticator = FakeAuthenticator(keys: [:])
  }

  private static func router(seed: UInt64, asks: Bool) -> Router {
    var configuration = RouterConfiguration()
    if asks { configuration.advertised = [endpoint] }
    return Router(configuration, seed: seed)
  }

  mutating func know(_ key: PublicKey, of node: NodeID) {
    authenticator.keys[node] = key
  }

  /// A beacon that knows nothing takes this one's place.
  mutating func restart() {
    checkConservation()
    generation += 1
    router = Self.router(seed: generation, asks: asks)
    newestUsed = [:]
  }

  /// A datagram has come; `node` is who really sent it, nil for a stranger.
  mutating func on(_ delivery: SimulatedNetwork.Delivery, from node: NodeID?, _ network: inout SimulatedNetwork) {
    if let node, homes[node]?.contains(delivery.source) != true {
      homes[node, default: []].append(delivery.source)
    }
    let frame = delivery.frame
    switch router.on(frame.span.raw, from: .udp(delivery.source), at: network.now) {
    case .deliver(.udp(let destination, _), let header):
      relaysTaken += 1
      check(frame, from: delivery.source, to: destination)
      let payload = frame[DeliverHeader.payloadOffset...]
      network.send(header.bytes.copied() + payload, from: host, to: destination, at: network.now)
    case .deliver(.wss, _): violations.append("nobody is attached over WSS")
    case .passOn: violations.append("there is no other beacon")
    case .taken, .drop: break
    }
    performOutputs(&network)
  }

  mutating func unreachable(
    _ endpoint: Endpoint, quoting quoted: QuotedDatagram, _ network: inout SimulatedNetwork
  ) {
    router.unreachable(endpoint, quoting: quoted.bytes, at: network.now)
    performOutputs(&network)
  }

  /// Called four times a second: a walk through the few thousand slots of a table of this size takes some ten seconds.
  mutating func tick(_ network: inout SimulatedNetwork) {
    router.expire(at: network.now, limit: 125)
    var isMore = true
    while isMore {
      isMore = router.tick(at: network.now)
      performOutputs(&network)
    }
  }

  /// Where a relay to `node` would go now. Asked of the router as an innocent third party would, over WSS.
  mutating func route(to node: NodeID, at now: MonotonicInstant) -> Endpoint? {
    let prober = NodeID.test(.max)
    let connection = ConnectionID(rawValue: .max)
    router.attach(node: prober, connection: connection)
    let frame = Relay(sender: prober, destination: node, payload: RawSpan()).encoded()
    let action = router.on(frame.span.raw, from: .wss(connection, prober), at: now)
    guard case .deliver(.udp(let endpoint, _), _) = action else { return nil }
    return endpoint
  }

  mutating func checkConservation() {
    let statistics = router.statistics
    if statistics.accountedFor != statistics.frames { violations.append("the router lost a frame: \(statistics)") }
  }

  private mutating func performOutputs(_ network: inout SimulatedNetwork) {
    let now = network.now
    while let job = router.nextJob() {
      switch job {
      case .checkToken(let job):
        router.checkedToken(of: job, authenticator.check(job), at: now)
      case .verify(.proof(let job)):
        router.verified(.proof(job), holds: authenticator.accepts(job.proof, from: job.source), at: now)
      case .verify(.grant): violations.append("nobody has asked to punch")
      }
    }
    while let output = router.nextOutput() {
      switch output {
      case .reply(.udp(let endpoint, _)):
        network.send(DiscoverReply(endpoint: endpoint).encoded(), from: host, to: endpoint, at: now)
      case .probe(let probe):
        network.send(
          probe.encoded(nonce: authenticator.nonce(for: probe)), from: host, to: probe.endpoint, at: now)
      case .findKey(let offer):
        router.foundKey(authenticator.knownKey(of: offer.node), for: offer, at: now)
      case .challenge(let offer):
        let challenge = authenticator.challenge(
          offer.node, offering: offer.key, stamp: offer.stamp, to: offer.endpoint)
        if let challenge { network.send(challenge.encoded(), from: host, to: offer.endpoint, at: now) }
      case .checkNonce(let probe, let nonce):
        router.checkedNonce(of: probe, isOwn: authenticator.nonce(for: probe) == nonce, at: now)
      case .fetchKey: break
      case .gone(.udp(let endpoint, _), let gone):
        network.send(gone.encoded(), from: host, to: endpoint, at: now)
      case .gone(.wss, _): break
      case .reply(.wss), .replaced: violations.append("nobody is attached over WSS")
      case .punch(.udp(let endpoint, _), PunchCommand(endpoint: Self.endpoint)) where asks:
        network.send(PunchCommand(endpoint: Self.endpoint).encoded(), from: host, to: endpoint, at: now)
      case .punch: violations.append("nobody has asked to punch")
      }
    }
  }

  /// A relay comes from one of its sender's own endpoints and goes to one of its destination's, never back to an older one.
  private mutating func check(_ frame: [UInt8], from source: Endpoint, to destination: Endpoint) {
    guard let relay = try? Relay(parsing: frame.span.raw) else { return violations.append("a relay that is none") }
    if homes[relay.sender]?.contains(source) != true {
      violations.append("a relay of node \(relay.sender) was taken from \(source), where it never was")
    }
    guard let index = homes[relay.destination]?.firstIndex(of: destination) else {
      return violations.append("a relay to node \(relay.destination) went to \(destination), where it never was")
    }
    if index < newestUsed[relay.destination] ?? 0 {
      violations.append("a relay to node \(relay.destination) went back to \(destination)")
    }
    newestUsed[relay.destination] = index
  }
}
