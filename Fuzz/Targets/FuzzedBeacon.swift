import Logging
import NIOCore
import NIOEmbedded
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// A beacon without sockets: the router, the relay and the WebSocket listener's pipelines of the real one, on an event loop
/// whose time the input moves.
final class FuzzedBeacon {
  private let loop = EmbeddedEventLoop()
  private let outbox = Outbox()
  private let totals = RelayTotals()
  private let engine: RelayEngine
  private let keys = FuzzedKeys()
  private let later = Later()
  /// The probe that was last sent to an endpoint.
  private var probes: [Endpoint: [UInt8]] = [:]
  /// The challenge that was last sent to an endpoint.
  private var challenges: [Endpoint: DiscoverChallenge] = [:]
  private var now = MonotonicInstant.now()
  /// Every second one speaks `pilot.v2`.
  private var connections = 0
  private let relay: FrameRelay
  private let listener: WSSListener
  private var limits: FuzzedLimits
  private var whereabouts = FuzzedWhereabouts()

  /// Whose frames may name which node, because it has said that it is there. A node without a proof may speak from any port of
  /// its address.
  private var announced: Set<Announcement> = []

  private struct Announcement: Hashable {
    let node: NodeID
    let address: Endpoint
  }

  init(_ world: FuzzedWorld) {
    limits = FuzzedLimits(at: now)
    let (keys, outbox, totals, later) = (keys, outbox, totals, later)
    let engine = RelayEngine(world.configuration, seed: 1, listing: Listing(keys: keys))
    let names = BeaconNames(FuzzedNode.beaconNames)
    let authenticator = KeyedDiscoverAuthenticator(
      keys: keys, unixTime: { FuzzedNode.unixTime }, isOwnName: { name, _ in names.contains(name, at: nil) })
    let journal = BeaconJournal(logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    func makeRelay() -> FrameRelay {
      FrameRelay(
        engine: engine, udp: outbox, authenticator: authenticator, totals: totals, submit: later.submit)
    }
    let dispatcher = NIOLoopBound(
      WSSInbound(engine: engine, relay: makeRelay(), journal: journal), eventLoop: loop)
    var listening = WSSListener.Configuration(address: outbox.localEndpoint, unixTime: { FuzzedNode.unixTime })
    listening.names = names
    listening.limits.maximumConnections = FuzzedWorld.wssConnections
    listening.limits.outgoingBytes = 1 << 17
    var rules = AddressRules()
    rules.trustedProxies = (try? AddressSet([CIDRBlock(parsing: FuzzedNode.proxy)])) ?? AddressSet()
    listening.policy = AddressPolicy(rules)
    listener = WSSListener(listening, keys: keys, dispatchers: { _ in dispatcher.value })
    relay = makeRelay()
    self.engine = engine
  }

  // MARK: Datagrams

  /// Datagrams have come, all alike.
  ///
  /// - Parameter proving: The node whose proof it is, if it is a true one.
  func receive(
    _ datagram: [UInt8], times: Int = 1, from source: Endpoint, proving: NodeID? = nil
  ) throws(Violation) {
    note(datagram, from: source)
    var batch = FrameBatch(byteCapacity: 65_536, frameCapacity: times)
    var count = 0
    while count < times, batch.append(datagram.span.raw, to: source) { count += 1 }
    guard count > 0 else { return }
    let before = engine.statistics
    // SAFETY: the batch outlives the call, and doesn't change during it.
    unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
    for job in later.take() { relay.verify(job, at: now) }
    relay.flush()
    loop.run()
    let sent = try checkDeliveries { hasAnnounced($0, from: source) }
    let after = engine.statistics
    try limits.received(
      datagram, times: count, from: source, isProven: whereabouts.isProven,
      FuzzedLimits.Effect(before: before, after: after, datagrams: sent), at: now.nanoseconds)
    guard proving != nil || after.proofs[.accepted] == before.proofs[.accepted] else {
      throw Violation("a proof was accepted that is none: \(datagram)")
    }
    try checkWhereabouts(proving: proving)
  }

  /// Answers the challenge that an endpoint got: truthfully, or with what it takes to be refused.
  ///
  /// - Parameters:
  ///   - origin: Where the answer comes from.
  ///   - beacon: The beacon that it names.
  ///   - signer: Whose key it is signed with; nil for the node's own.
  func prove(
    _ challenged: Endpoint, from origin: Endpoint, naming beacon: BeaconName?, by signer: NodeID?
  ) throws(Violation) {
    guard let challenge = challenges[challenged], let beacon,
      let proof = try? FuzzedNode.identities[signer ?? challenge.node]?.proof(of: challenge, dialling: beacon)
    else { return }
    let isTrue =
      origin == challenged && beacon == FuzzedNode.beacon && (signer == nil || signer == challenge.node)
      && keys.publicKey(of: challenge.node) != nil
    try receive(proof.encoded(), from: origin, proving: isTrue ? challenge.node : nil)
  }

  /// Whether a delivery may name a node as its sender that has come from here.
  func hasAnnounced(_ node: NodeID, from source: Endpoint) -> Bool {
    if whereabouts.isProven(node), engine.whereabouts(of: node, at: now)?.endpoint != source { return false }
    return announced.contains(Announcement(node: node, address: source.withoutPort))
  }

  /// ICMP says that nobody is there.
  func reportUnreachable(_ endpoint: Endpoint) throws(Violation) {
    let probe = probes[endpoint, default: []]
    let quoted = QuotedDatagram(probe.span.raw)
    relay.reportUnreachable(endpoint, quoting: quoted, at: now)
    relay.flush()
    try checkDeliveries { _ in false }
    try checkWhereabouts()
  }

  // MARK: Connections

  /// - Parameter isFromProxy: Whether it comes from an address that is trusted to name another one.
  func connect(isFromProxy: Bool) throws(Violation) -> FuzzedPeer {
    let channel = EmbeddedChannel(loop: loop)
    do {
      channel.connect(
        to: try SocketAddress(ipAddress: isFromProxy ? FuzzedNode.proxy : "192.0.2.9", port: 5_000), promise: nil)
      try listener.setUp(channel)
    } catch {
      throw Violation("a connection could not be set up: \(error)")
    }
    connections += 1
    return FuzzedPeer(channel, isOwn: connections.isMultiple(of: 2))
  }

  /// Something comes over a connection, as `body` sends it.
  func receive(on peer: FuzzedPeer, _ body: () -> Void) throws(Violation) {
    let (before, node) = (engine.statistics, peer.node)
    body()
    settle()
    guard let node else { return }
    try limits.received(of: node, FuzzedLimits.Effect(before: before, after: engine.statistics, datagrams: 0))
  }

  /// Lets the event loop do all that is due.
  func settle() { loop.run() }

  /// What has come over a connection was dealt with, and read: it may have been its node's authentication.
  func checkPeer(_ peer: FuzzedPeer) throws(Violation) {
    let speaker = peer.node
    try checkDeliveries { $0 == speaker }
    try checkWhereabouts(leaving: speaker)
  }

  /// A connection has ended.
  func ended(_ peer: FuzzedPeer) {
    if let node = peer.node { limits.ended(node) }
  }

  func shutDown() { try? loop.syncShutdownGracefully() }

  // MARK: Time and keys

  func advance(by duration: Duration) throws(Violation) {
    now = now.advanced(by: duration)
    loop.advanceTime(by: .nanoseconds(duration.clampedNanoseconds))
    engine.expire(at: now, limit: 100)
    relay.tick(at: now)
    relay.flush()
    try checkDeliveries { _ in false }
    try checkWhereabouts()
  }

  /// The key of a node is taken out of the directory, or put back.
  func exchangeKey(of node: NodeID) throws(Violation) {
    keys.exchange(node)
    for connection in engine.revoke(.nodes([node]), by: keys) { connection.revoke() }
    settle()
    whereabouts.keyChanged(node)
    try checkWhereabouts(leaving: node)
  }

  // MARK: What must hold

  /// Looks at all datagrams that have left since the last time.
  ///
  /// - Parameter mayName: Whether whoever has just spoken may stand in a delivery's sender field as this node.
  /// - Returns: How many there were.
  @discardableResult
  func checkDeliveries(_ mayName: (NodeID) -> Bool) throws(Violation) -> Int {
    let datagrams = outbox.take()
    for (frame, destination) in datagrams {
      guard destination.port != 0 else { throw Violation("a datagram to port 0: \(frame)") }
      if EndpointProbe.Quote(frame.span.raw, to: destination) != nil { probes[destination] = frame }
      if let challenge = try? DiscoverChallenge(parsing: frame.span.raw) { challenges[destination] = challenge }
      try Self.check(frame, mayName)
      if frame.first == BeaconMessageType.gone.rawValue, !isProven(destination) {
        throw Violation("\(destination), where nobody has proven to be, was told who isn't there")
      }
      try limits.sent(frame, to: destination, at: now.nanoseconds)
    }
    return datagrams.count
  }

  /// Whether a node has proven to be at an endpoint.
  private func isProven(_ endpoint: Endpoint) -> Bool {
    FuzzedNode.listed.contains { node in
      engine.whereabouts(of: node, at: now).map { $0.isProven && $0.endpoint == endpoint } ?? false
    }
  }

  /// What a beacon may send to a node, and in whose name.
  static func check(_ frame: [UInt8], _ mayName: (NodeID) -> Bool) throws(Violation) {
    let sender: NodeID
    switch try? BeaconMessage(parsing: frame.span.raw) {
    case .discoverReply, .discoverChallenge, .punchCommand, .gone: return
    case .relayDeliver(let message): sender = message.sender
    case .relayDeliverDest(let message): sender = message.sender
    default: throw Violation("the beacon sent \(frame)")
    }
    guard mayName(sender) else { throw Violation("a delivery in node \(sender)'s name: \(frame)") }
  }

  /// Whether any frame has reached the router.
  var hasHeard: Bool { engine.statistics.frames > 0 }

  /// All frames are accounted for, at any time.
  func checkBooks() throws(Violation) {
    let statistics = engine.statistics
    guard statistics.accountedFor == statistics.frames else { throw Violation("a frame is missing: \(statistics)") }
    guard statistics.nodes <= FuzzedWorld.nodeCapacity, statistics.wssPeers <= FuzzedWorld.wssConnections else {
      throw Violation("too many: \(statistics)")
    }
    try limits.check(statistics)
  }

  private func checkWhereabouts(leaving: NodeID? = nil, proving: NodeID? = nil) throws(Violation) {
    try whereabouts.check(
      engine, at: now, isListed: { keys.publicKey(of: $0) != nil }, leaving: leaving, proving: proving)
  }

  private func note(_ datagram: [UInt8], from source: Endpoint) {
    switch try? BeaconMessage(parsing: datagram.span.raw) {
    case .discover(let message): note(message.node, from: source)
    case .discoverProof(let message): note(message.challenge.node, from: source)
    default: break
    }
  }

  private func note(_ node: NodeID?, from source: Endpoint) {
    guard let node else { return }
    whereabouts.name(node)
    announced.insert(Announcement(node: node, address: source.withoutPort))
  }
}

extension Endpoint {
  fileprivate var withoutPort: Endpoint { Endpoint(high: high, low: low, scope: scope, port: 0) }
}

/// Which nodes have keys.
private struct Listing: NodeListing {
  let keys: FuzzedKeys

  func isListed(_ node: NodeID) -> Bool { keys.publicKey(of: node) != nil }
}

/// What waits to be verified.
private final class Later: Sendable {
  private let jobs = Mutex<[VerificationJob]>([])

  func submit(_ job: VerificationJob) -> Bool {
    jobs.withLock { $0.append(job) }
    return true
  }

  func take() -> [VerificationJob] {
    jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
  }
}
