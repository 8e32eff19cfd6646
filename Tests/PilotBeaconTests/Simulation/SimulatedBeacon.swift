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
  private(set) var violations: [String] = []

  init(on network: inout SimulatedNetwork) {
    host = network.addHost(at: Self.endpoint)
    router = Router(seed: 0)
    authenticator = FakeAuthenticator(keys: [:])
  }

  mutating func know(_ key: PublicKey, of node: NodeID) {
    authenticator.keys[node] = key
  }

  /// A beacon that knows nothing takes this one's place.
  mutating func restart() {
    checkConservation()
    generation += 1
    router = Router(seed: generation)
    newestUsed = [:]
  }

  /// A datagram has come; `node` is who really sent it, nil for a stranger.
  mutating func on(_ delivery: SimulatedNetwork.Delivery, from node: NodeID?, _ network: inout SimulatedNetwork) {
    if let node, homes[node]?.contains(delivery.source) != true {
      homes[node, default: []].append(delivery.source)
    }
    let frame = delivery.frame
    switch router.on(frame.span.raw, from: .udp(delivery.source), at: network.now) {
    case .deliverUDP(let destination, let header, _):
      relaysTaken += 1
      check(frame, from: delivery.source, to: destination)
      let payload = frame[DeliverHeader.payloadOffset...]
      let headerBytes = [UInt8](rawCapacity: header.length) { try? header.write(into: &$0) }
      network.send(headerBytes + payload, from: host, to: destination, at: network.now)
    case .answer(let answer):
      perform(answer, &network)
      guard answer.invitesProof, let offer = Router.offer(in: frame.span.raw, at: network.now),
        authenticator.knownKey(of: offer.node) == offer.key,
        router.admitsChallenge(of: offer.node, to: delivery.source, at: network.now),
        let challenge = authenticator.challenge(
          offer.node, offering: offer.key, stamp: offer.stamp, to: delivery.source)
      else { return }
      network.send(challenge.encoded(), from: host, to: delivery.source, at: network.now)
    case .verifyProof(let source, _):
      guard let proof = try? DiscoverProof(parsing: frame.span.raw), authenticator.hasMade(proof.challenge, for: source)
      else { return router.proofRefused(.forged) }
      guard router.admits(proof, from: source, at: network.now) else { return }
      guard authenticator.accepts(proof, from: source) else { return router.proofRefused(.failed) }
      if let answer = router.proven(proof, from: source, at: network.now) { perform(answer, &network) }
    case .deliverWSS: violations.append("nobody is attached over WSS")
    case .punch, .verifyGrant: violations.append("nobody has asked to punch")
    case .drop, .nothing: break
    }
  }

  mutating func unreachable(
    _ endpoint: Endpoint, quoting quoted: QuotedDatagram, _ network: inout SimulatedNetwork
  ) {
    guard let quote = EndpointProbe.Quote(quoted.bytes, to: endpoint),
      let probe = router.pendingProbe(quote.node, at: network.now), authenticator.nonce(for: probe) == quote.nonce
    else { return }
    if let answer = router.unreachable(probe, at: network.now) { perform(answer, &network) }
  }

  /// Called every second: a walk through the few thousand slots of a table of this size takes some ten.
  mutating func expire(at now: MonotonicInstant) {
    router.expire(at: now, limit: 500)
  }

  /// Where a relay to `node` would go now. Asked of the router as an innocent third party would, over WSS.
  mutating func route(to node: NodeID, at now: MonotonicInstant) -> Endpoint? {
    let prober = NodeID.test(.max)
    let connection = ConnectionID(rawValue: .max)
    _ = router.attach(node: prober, connection: connection)
    let frame = Relay(sender: prober, destination: node, payload: RawSpan()).encoded()
    let action = router.on(frame.span.raw, from: .wss(connection, prober), at: now)
    guard case .deliverUDP(let endpoint, _, _) = action else { return nil }
    return endpoint
  }

  mutating func checkConservation() {
    let statistics = router.statistics
    if statistics.accountedFor != statistics.frames { violations.append("the router lost a frame: \(statistics)") }
  }

  private func perform(_ answer: DiscoverAnswer, _ network: inout SimulatedNetwork) {
    if let destination = answer.origin.endpoint {
      network.send(DiscoverReply(endpoint: destination).encoded(), from: host, to: destination, at: network.now)
    }
    if let node = answer.probing, let probe = router.pendingProbe(node, at: network.now) {
      network.send(
        probe.encoded(nonce: authenticator.nonce(for: probe)), from: host, to: probe.endpoint, at: network.now)
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

extension FrameOrigin {
  fileprivate var endpoint: Endpoint? {
    guard case .udp(let endpoint, _) = self else { return nil }
    return endpoint
  }
}
