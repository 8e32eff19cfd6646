import PilotIdentity
import PilotNodeTesting
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotNode

/// A node over UDP and a connection, whose beacon answers over UDP only now and then.
@Suite("Conformance of a node that moves", .timeLimit(.minutes(2)))
struct MovingNodeTests {
  @Test("over a network in memory, while UDP is blocked and unblocked", arguments: NodeConformance.checks)
  func moving(_ check: NodeConformance.Check) async throws {
    let links = MovingLinks()
    for _ in 0..<3 {
      let outcome = try await check.run(against: NodeFixture(moving: links, makeNode: links.makeNode))
      switch check.name {
      case NodeConformance.Check.believesTheBeaconOnly.name, NodeConformance.Check.tellsTheSameInBothForms.name: break
      default: #expect(outcome == .passed)
      }
    }
  }
}

/// Links in memory with a second path beside each, over which frames go to the same beacon.
private final class MovingLinks: TransportFixture {
  private let network = InMemoryNetwork()
  /// The paths beside the links that nobody has made a node over yet.
  private let waiting = Mutex<[Endpoint: (node: InMemoryTransport, beacon: Endpoint)]>([:])

  var promises: TransportPromises {
    var promises = TransportPromises(maximumFrameLength: FrameLimits.maximumOverUDPv4)
    promises.burst = 64
    // Two paths take turns.
    promises.keepsOrder = false
    return promises
  }

  func connect() async throws -> TransportLink {
    let (connection, peer) = (try network.makeTransport(), try network.makeTransport())
    let (datagrams, beacon) = (try network.makeTransport(), try network.makeTransport())
    waiting.withLock { $0[connection.localEndpoint] = (datagrams, beacon.localEndpoint) }
    let both = TwoWayBeacon(
      try TransportPeer(peer, destination: connection.localEndpoint),
      datagrams: try TransportPeer(beacon, destination: datagrams.localEndpoint), from: datagrams.localEndpoint)
    return TransportLink(
      connection, peer: both, destination: peer.localEndpoint, source: peer.localEndpoint)
  }

  /// Makes a node over a link and the path beside it.
  func makeNode(_ link: TransportLink, _ times: BeaconLink.Configuration) throws -> Node {
    guard let id = NodeID(7), let beside = waiting.withLock({ $0.removeValue(forKey: link.transport.localEndpoint) })
    else { throw TransportError.closed }
    var choosing = PathSelection.Configuration()
    choosing.headStart = .milliseconds(1)
    choosing.overlap = .milliseconds(10)
    choosing.probing.interval = .milliseconds(5)
    choosing.probing.busyInterval = .milliseconds(3)
    choosing.probing.awayInterval = .milliseconds(5)
    choosing.probing.shortestWait = .milliseconds(5)
    choosing.probing.longestWait = .milliseconds(10)
    choosing.probing.span = .milliseconds(10)
    choosing.returning.patience = .milliseconds(5)
    choosing.returning.span = .milliseconds(5)
    var times = times
    times.registration.retry = .milliseconds(5)
    times.probeAgain = .milliseconds(5)
    return try Node(
      id: id, identity: Identity(),
      over: [
        Node.PathSetup(beside.node, .datagrams(beacon: beside.beacon)),
        Node.PathSetup(RestingTransport(link.transport), .connection(beacon: link.destination)),
      ], times: times, choosing: choosing)
  }
}

/// A transport that says when it is dialled and put to rest, and is there all the time.
private final class RestingTransport: DialledTransport {
  private let base: any Transport
  private let source = TransportEventSource()

  private let watching: Task<Void, Never>

  init(_ base: any Transport) {
    self.base = base
    watching = Task { [events = base.events, source] in
      for await _ in events {}
      source.finish()
    }
  }

  var localEndpoint: Endpoint { base.localEndpoint }
  var maximumFrameLength: Int { base.maximumFrameLength }
  var counters: TransportCounters { base.counters }
  var events: TransportEvents { source.events }
  var beaconIsOwn: Bool? { true }
  var roundTrip: Duration? { nil }

  func makeReceiver() throws(TransportError) -> Receiver { try base.makeReceiver() }
  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) { try base.send(frame, to: destination) }
  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int { try base.send(contentsOf: batch) }
  func dial() { source.emit(.connected) }
  func rest() { source.emit(.resting) }
  func redial() {}

  func close() {
    base.close()
    source.finish()
    watching.cancel()
  }
}

/// The beacon of both paths: passes on what its node relays by either, once, and looks after the rest by itself.
private final class TwoWayBeacon: ConformancePeer {
  private let connection: TransportPeer
  private let datagrams: TransportPeer
  /// Where the node is over UDP.
  private let node: Endpoint
  private let frames: AsyncStream<[UInt8]>
  private let source: AsyncStream<[UInt8]>.Continuation
  /// Ends when the node has announced itself over the connection: before that there is none.
  private let connected: AsyncStream<Void>
  private let connectedSource: AsyncStream<Void>.Continuation
  private let seen = Mutex(Seen())
  private let tasks = Mutex<[Task<Void, Never>]>([])

  private static let spell = 6

  private struct Seen {
    var announcements = 0
    var questions = 0
    /// How often each frame has come by each path.
    var counts: [[[UInt8]: Int]] = [[:], [:]]

    /// Whether a frame is new, and not the second one of a pair.
    mutating func isNew(_ frame: [UInt8], by path: Int) -> Bool {
      counts[path][frame, default: 0] += 1
      return counts[path][frame, default: 0] > counts[1 - path][frame, default: 0]
    }
  }

  init(_ connection: TransportPeer, datagrams: TransportPeer, from node: Endpoint) {
    self.node = node
    self.connection = connection
    self.datagrams = datagrams
    (frames, source) = AsyncStream.makeStream(of: [UInt8].self)
    (connected, connectedSource) = AsyncStream.makeStream(of: Void.self)
    tasks.withLock {
      $0 = [
        Task { [self] in
          while let frame = try? await connection.next() { await overConnection(frame) }
        },
        Task { [self] in
          while let frame = try? await datagrams.next() { await overDatagrams(frame) }
        },
      ]
    }
  }

  private func overConnection(_ frame: [UInt8]) async {
    if (try? Discover(parsing: frame.span.raw)) != nil {
      let isFirst = seen.withLock { seen in
        seen.announcements += 1
        return seen.announcements == 1
      }
      if isFirst { source.yield(frame) }
      connectedSource.finish()
      return
    }
    await pass(frame, by: 0)
  }

  /// It answers some questions, then it leaves as many without an answer: UDP is blocked one way.
  private func overDatagrams(_ frame: [UInt8]) async {
    guard (try? Discover(parsing: frame.span.raw)) != nil else { return await pass(frame, by: 1) }
    let number = seen.withLock { seen in
      seen.questions += 1
      return seen.questions
    }
    if number / Self.spell % 2 == 1 { try? await datagrams.send(DiscoverReply(endpoint: node).encoded()) }
  }

  /// Over the connection, as the beacon delivers while there is one.
  private func pass(_ frame: [UInt8], by path: Int) async {
    if let relay = try? Relay(parsing: frame.span.raw), relay.sender == relay.destination {
      let delivery = RelayDeliver(sender: relay.sender, payload: relay.payload).encoded()
      try? await connection.send(delivery)
      return
    }
    if seen.withLock({ $0.isNew(frame, by: path) }) { source.yield(frame) }
  }

  func send(_ frame: [UInt8]) async throws {
    for await _ in connected {}
    try await connection.send(frame)
  }

  func next() async throws -> [UInt8] {
    for await frame in frames { return frame }
    throw CancellationError()
  }

  func close() async {
    await connection.close()
    await datagrams.close()
    for task in tasks.withLock({ $0 }) { task.cancel() }
    source.finish()
    connectedSource.finish()
  }
}
