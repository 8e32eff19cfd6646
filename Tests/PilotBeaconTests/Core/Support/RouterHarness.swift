import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A router with a clock that the test moves, and frames written from values. Checks conservation at each frame.
struct RouterHarness: ~Copyable {
  var router: Router
  var now: MonotonicInstant
  /// What the last call has led to.
  private(set) var outputs: [RouterOutput] = []
  private(set) var jobs: [RouterJob] = []
  /// The last probe for each node.
  private(set) var probes: [NodeID: EndpointProbe] = [:]

  /// - Parameter own: The address of this machine that all datagrams are written to; nil if the router doesn't know it, and
  ///   can't ask nodes.
  init(
    _ configuration: RouterConfiguration = RouterConfiguration(), seed: UInt64 = 7, own: Endpoint? = nil,
    listed: Set<NodeID> = [], startingAt now: MonotonicInstant = .start.advanced(by: .seconds(1000))
  ) {
    router = Router(configuration, seed: seed, listing: FixedListing(nodes: listed), own: FixedAddress(endpoint: own))
    self.now = now
  }

  /// A harness whose router can ask nodes: it is reached at ``asking``.
  static func asking(_ configuration: RouterConfiguration = RouterConfiguration()) -> RouterHarness {
    RouterHarness(configuration, own: asking)
  }

  static let asking = Endpoint(ipv4: 198, 51, 100, 1, port: 9_001)

  var statistics: RouterStatistics { router.statistics }

  mutating func advance(_ duration: Duration) {
    now = now.advanced(by: duration)
  }

  @discardableResult
  mutating func frame(_ bytes: [UInt8], from origin: FrameOrigin) -> Reaction {
    handed(bytes) { router, now in router.on(bytes.span.raw, from: origin, at: now) }
  }

  /// A Relay that another beacon of the cluster has passed on.
  @discardableResult
  mutating func passed(_ sender: NodeID, to destination: NodeID, by beaconID: UInt32) -> Reaction {
    let relay = Relay(sender: sender, destination: destination, payload: RawSpan()).encoded()
    return handed(relay) { router, now in
      router.passed(relay.span.raw, by: beaconID, from: .udp(.test(70, port: 9_001)), at: now)
    }
  }

  private mutating func handed(
    _ bytes: [UInt8], _ decide: (inout Router, MonotonicInstant) -> RouterAction
  ) -> Reaction {
    let before = router.statistics
    let action = decide(&router, now)
    let after = router.statistics
    if after.frames != before.frames + 1 || after.accountedFor != after.frames {
      Issue.record("counted not at all, or twice: \(bytes)")
    }
    if case .drop(let reason) = action, after.drops[reason] != before.drops[reason] + 1 {
      Issue.record("not counted as \(reason): \(bytes)")
    }
    takeOutputs()
    if case .deliver = action, !outputs.isEmpty || !jobs.isEmpty { Issue.record("outputs beside \(action): \(bytes)") }
    if !gone.isEmpty, action != .drop(.destinationUnknown) { Issue.record("\(gone) beside \(action): \(bytes)") }
    return jobs.isEmpty ? Reaction(action, outputs) : .jobs(jobs)
  }

  private mutating func takeOutputs() {
    (outputs, jobs) = ([], [])
    while let job = router.nextJob() { jobs.append(job) }
    while let output = router.nextOutput() {
      outputs.append(output)
      if case .probe(let probe) = output { probes[probe.node] = probe }
    }
  }

  /// Which endpoints the last call has asked for a sign.
  var asked: [Endpoint] {
    outputs.compactMap { output in
      guard case .punch(.udp(let endpoint, _), PunchCommand(endpoint: Self.asking)) = output else { return nil }
      return endpoint
    }
  }

  /// Whom the last call has told that a destination isn't here.
  var gone: [RouterOutput] {
    outputs.filter { output in
      if case .gone = output { return true }
      return false
    }
  }

  /// Tells the router the time until it has nothing more to do. Returns whom it asked, and whom it answered.
  @discardableResult
  mutating func tick(after duration: Duration = .zero) -> [RouterOutput] {
    advance(duration)
    var all: [RouterOutput] = []
    var isMore = true
    while isMore {
      isMore = router.tick(at: now)
      takeOutputs()
      if outputs.count > RouterOutputs.capacity / 2 + 4 { Issue.record("\(outputs.count) outputs of one tick") }
      all += outputs
    }
    outputs = all
    return all
  }

  /// Tells the router the time four times a second, for so long.
  mutating func tick(for duration: Duration) {
    let end = now.advanced(by: duration)
    while now < end { tick(after: .milliseconds(250)) }
  }

  /// A sign of life comes from an endpoint. Returns whether it was asked for.
  @discardableResult
  mutating func sign(from endpoint: Endpoint) -> Bool {
    frame(Punch().encoded() + [1, 2, 3], from: .udp(endpoint)) == .nothing
  }

  /// The key that the last frame offered, if the router wants to know whether it is the known one.
  var offer: DiscoverOffer? {
    for case .findKey(let offer) in outputs { return offer }
    return nil
  }

  /// Whom the router has answered last.
  private var replied: Hop? {
    for case .reply(let hop) in outputs { return hop }
    return nil
  }

  /// A peer has authenticated. Returns the connection that is to be closed.
  @discardableResult
  mutating func attach(node: NodeID, connection: ConnectionID, isOwn: Bool = false) -> ConnectionID? {
    router.attach(node: node, connection: connection, isOwn: isOwn)
    takeOutputs()
    for case .replaced(let id) in outputs { return id }
    return nil
  }

  /// A connection has ended. Returns whether it was its node's current one.
  @discardableResult
  mutating func detach(node: NodeID, connection: ConnectionID) -> Bool {
    router.detach(node: node, connection: connection, at: now)
  }

  /// A proof's signature holds. Returns whom that was answered.
  @discardableResult
  mutating func proven(_ proof: DiscoverProof, from source: Endpoint) -> Hop? {
    router.verified(.proof(ProofJob(proof, from: source)), holds: true, at: now)
    takeOutputs()
    return replied
  }

  /// A grant's signature holds. Returns who is told which endpoint.
  mutating func granted(_ request: PunchRequest, from origin: FrameOrigin) -> [RouterOutput] {
    router.verified(.grant(request, from: origin), holds: true, at: now)
    takeOutputs()
    return outputs
  }

  @discardableResult
  mutating func discover(
    _ node: NodeID?, from origin: FrameOrigin, ex: Bool = false, key: PublicKey? = nil
  ) -> Reaction {
    frame(Discover(node: node, publicKey: key, wantsDestination: ex).encoded(), from: origin)
  }

  @discardableResult
  mutating func relay(_ sender: NodeID, to destination: NodeID, from origin: FrameOrigin) -> Reaction {
    let payload: [UInt8] = [0x50, 1, 2, 3]
    let bytes = Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
    return frame(bytes, from: origin)
  }

  /// ICMP reports that nobody receives at `endpoint`, and quotes the last probe for `node`. Returns whom that was answered.
  mutating func unreachable(_ endpoint: Endpoint, _ node: NodeID) -> Hop? {
    guard let probe = probes[node], probe.endpoint == endpoint else { return nil }
    let nonce = ChallengeToken(high: 1, low: 2)
    router.unreachable(endpoint, quoting: probe.encoded(nonce: nonce).span.raw, at: now)
    takeOutputs()
    guard case .checkNonce(let asked, nonce)? = outputs.first else { return nil }
    router.checkedNonce(of: asked, isOwn: asked == probe, at: now)
    takeOutputs()
    return replied
  }

  /// Where a relay from an innocent third party to `node` goes.
  mutating func route(to node: NodeID) -> Reaction {
    let prober = NodeID.test(0xFFFF)
    let origin = FrameOrigin.wss(ConnectionID(rawValue: .max), prober)
    router.attach(node: prober, connection: ConnectionID(rawValue: .max))
    return relay(prober, to: node, from: origin)
  }

  /// Expects that `node` is reached at this endpoint.
  mutating func expectUDP(
    _ node: NodeID, at endpoint: Endpoint, ex: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let prober = NodeID.test(0xFFFF)
    let header: DeliverHeader =
      ex ? DeliverHeader(sender: prober, destination: node) : DeliverHeader(sender: prober)
    let action = route(to: node)
    #expect(action == .deliverUDP(endpoint, header), sourceLocation: sourceLocation)
  }

  mutating func expectNowhere(_ node: NodeID, sourceLocation: SourceLocation = #_sourceLocation) {
    let action = route(to: node)
    #expect(action == .drop(.destinationUnknown), sourceLocation: sourceLocation)
  }
}

/// Some nodes.
struct FixedListing: NodeListing {
  let nodes: Set<NodeID>

  func isListed(_ node: NodeID) -> Bool { nodes.contains(node) }
}

/// A machine with one address.
struct FixedAddress: OwnAddresses {
  let endpoint: Endpoint?

  func endpoint(of local: LocalAddress) -> Endpoint? { endpoint }
}

/// What `#expect` can't: take the result of a mutating call on a value that isn't copyable.
func expect<Value: Equatable>(
  _ found: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found == expected, sourceLocation: sourceLocation)
}

/// What a router makes of a frame, in few words.
enum Reaction: Equatable {
  case deliver(Hop, DeliverHeader)
  case passOn(to: UInt32)
  case drop(RouterDropReason)
  /// A Discover is answered.
  case answer(Hop, probing: NodeID?, invites: Bool)
  /// What else there is to be done.
  case outputs([RouterOutput])
  /// What there is to be looked at; no event leads to both.
  case jobs([RouterJob])

  init(_ action: RouterAction, _ outputs: [RouterOutput]) {
    switch action {
    case .deliver(let hop, let header): self = .deliver(hop, header)
    case .passOn(let beaconID): self = .passOn(to: beaconID)
    case .drop(let reason): self = .drop(reason)
    case .taken:
      var (reply, probing, invites): (Hop?, NodeID?, Bool) = (nil, nil, false)
      for output in outputs {
        switch output {
        case .reply(let hop): reply = hop
        case .probe(let probe): probing = probe.node
        case .findKey: invites = true
        default: break
        }
      }
      self = reply.map { .answer($0, probing: probing, invites: invites) } ?? .outputs(outputs)
    }
  }

  static func deliverUDP(_ endpoint: Endpoint, _ header: DeliverHeader, from local: LocalAddress = .any) -> Reaction {
    .deliver(.udp(endpoint, from: local), header)
  }

  static func deliverWSS(_ connection: ConnectionID, _ header: DeliverHeader) -> Reaction {
    .deliver(.wss(connection), header)
  }

  static var nothing: Reaction { .outputs([]) }

  /// The plain answer to a Discover.
  static func reply(_ origin: FrameOrigin, probing node: NodeID? = nil, invites: Bool = false) -> Reaction {
    switch origin {
    case .udp(let source, let local): .answer(.udp(source, from: local), probing: node, invites: invites)
    case .wss(let connection, _): .answer(.wss(connection), probing: node, invites: invites)
    }
  }
}

extension NodeID {
  /// A node for tests; 0 becomes node 1.
  static func test(_ number: UInt32) -> NodeID {
    NodeID(number) ?? NodeID.one
  }

  private static var one: NodeID {
    guard let node = NodeID(1) else { preconditionFailure("1 is a node ID") }
    return node
  }
}

extension Endpoint {
  /// 10.0.0.0 plus `number`.
  static func test(_ number: UInt32, port: UInt16 = 4000) -> Endpoint {
    Endpoint(ipv4Address: 0x0A00_0000 &+ number, port: port)
  }
}

extension BeaconName {
  /// What the beacon of the tests is called.
  static var test: BeaconName {
    guard let name = BeaconName(host: "beacon.example", port: 9_001) else { preconditionFailure("it is a name") }
    return name
  }
}

extension FrameOrigin {
  static func udp(test number: UInt32) -> FrameOrigin { .udp(.test(number)) }

  static func wss(_ connection: UInt64, _ node: NodeID) -> FrameOrigin {
    .wss(ConnectionID(rawValue: connection), node)
  }
}

extension PublicKey {
  /// 32 times the same byte.
  static func test(_ byte: UInt8) throws -> PublicKey {
    try PublicKey(bytes: [UInt8](repeating: byte, count: byteCount).span.raw)
  }
}
