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
  private let later: Later
  /// The probe that was last sent to an endpoint.
  private var probes: [Endpoint: [UInt8]] = [:]
  private var now = MonotonicInstant.now()
  /// Every second one speaks `pilot.v2`.
  private var connections = 0
  private let relay: FrameRelay
  private let listener: WSSListener

  /// Whose frames may name which node, because it has said that it is there.
  private var announced: Set<Announcement> = []

  private struct Announcement: Hashable {
    let node: NodeID
    let source: Endpoint
  }

  init() {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = 6
    let engine = RelayEngine(configuration, seed: 1)
    let keys = StaticKeyDirectory(FuzzedNode.keys)
    let names = BeaconNames(FuzzedNode.beaconNames)
    let authenticator = KeyedDiscoverAuthenticator(
      keys: keys, unixTime: { FuzzedNode.unixTime }, isOwnName: { name, _ in names.contains(name, at: nil) })
    let journal = BeaconJournal(logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    let (outbox, totals) = (outbox, totals)
    let later = Later()
    func makeRelay() -> FrameRelay {
      FrameRelay(
        engine: engine, udp: outbox, authenticator: authenticator, totals: totals, submit: later.submit)
    }
    let dispatcher = NIOLoopBound(
      WSSInbound(engine: engine, relay: makeRelay(), journal: journal), eventLoop: loop)
    var listening = WSSListener.Configuration(address: outbox.localEndpoint, unixTime: { FuzzedNode.unixTime })
    listening.names = names
    listening.limits.maximumConnections = 3
    listening.limits.outgoingBytes = 1 << 17
    listener = WSSListener(listening, keys: keys, dispatchers: { _ in dispatcher.value })
    relay = makeRelay()
    self.engine = engine
    self.later = later
  }

  /// A datagram has come.
  func receive(_ datagram: [UInt8], from source: Endpoint) throws(Violation) {
    note(datagram, from: source)
    var batch = FrameBatch(byteCapacity: 65_536, frameCapacity: 1)
    guard batch.append(datagram.span.raw, to: source) else { return }
    // SAFETY: the batch outlives the call, and doesn't change during it.
    unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
    for job in later.take() { relay.verify(job, at: now) }
    relay.flush()
    loop.run()
    try checkDeliveries { hasAnnounced($0, from: source) }
  }

  func hasAnnounced(_ node: NodeID, from source: Endpoint) -> Bool {
    announced.contains(Announcement(node: node, source: source))
  }

  /// Lets the event loop do all that is due.
  func settle() { loop.run() }

  func shutDown() { try? loop.syncShutdownGracefully() }

  /// ICMP says that nobody is there.
  func reportUnreachable(_ endpoint: Endpoint) {
    let probe = probes[endpoint, default: []]
    let quoted = QuotedDatagram(probe.span.raw)
    relay.reportUnreachable(endpoint, quoting: quoted, at: now)
    relay.flush()
  }

  func connect() throws(Violation) -> FuzzedPeer {
    let channel = EmbeddedChannel(loop: loop)
    do {
      try listener.setUp(channel)
      channel.connect(to: try SocketAddress(ipAddress: "192.0.2.9", port: 5_000), promise: nil)
    } catch {
      throw Violation("a connection could not be set up: \(error)")
    }
    connections += 1
    return FuzzedPeer(channel, isOwn: connections.isMultiple(of: 2))
  }

  func advance(by duration: Duration) {
    now = now.advanced(by: duration)
    loop.advanceTime(by: .nanoseconds(duration.clampedNanoseconds))
    engine.expire(at: now, limit: 100)
  }

  /// Looks at all datagrams that have left since the last time.
  ///
  /// - Parameter mayName: Whether whoever has just spoken may stand in a delivery's sender field as this node.
  func checkDeliveries(_ mayName: (NodeID) -> Bool) throws(Violation) {
    for (frame, destination) in outbox.take() {
      guard destination.port != 0 else { throw Violation("a datagram to port 0: \(frame)") }
      if EndpointProbe.Quote(frame.span.raw, to: destination) != nil { probes[destination] = frame }
      try Self.check(frame, mayName)
    }
  }

  /// What a beacon may send to a node, and in whose name.
  static func check(_ frame: [UInt8], _ mayName: (NodeID) -> Bool) throws(Violation) {
    let sender: NodeID
    switch try? BeaconMessage(parsing: frame.span.raw) {
    case .discoverReply, .discoverChallenge, .punchCommand: return
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
    guard statistics.nodes <= 6, statistics.wssPeers <= 3 else { throw Violation("too many: \(statistics)") }
  }

  private func note(_ datagram: [UInt8], from source: Endpoint) {
    switch try? BeaconMessage(parsing: datagram.span.raw) {
    case .discover(let message): note(message.node, from: source)
    case .discoverProof(let message): note(message.challenge.node, from: source)
    default: break
    }
  }

  private func note(_ node: NodeID?, from source: Endpoint) {
    if let node { announced.insert(Announcement(node: node, source: source)) }
  }
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
