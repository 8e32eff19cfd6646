import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// Connects nodes to a beacon, ends it, and sees how they come to the other one that it names.
struct DrainBench: Sendable {
  let peers: Int
  let window: Duration
  let output: BenchOutput

  /// So many connect at the same time: a beacon turns away who comes in too large a crowd.
  private static let crowd = 64

  func run() async throws {
    let identity = Identity()
    let nodes = try (1...UInt32(peers)).map { number in
      guard let node = NodeID(number) else { throw CommandFailure("there is no node \(number)") }
      return node
    }
    let keys = StaticKeyDirectory(Dictionary(uniqueKeysWithValues: nodes.map { ($0, identity.publicKey) }))
    let other = try await start(keys, sendingTo: nil)
    async let othersEnd: Void = other.run()
    let first = try await start(keys, sendingTo: other)
    async let firstEnd = Self.end(of: first)
    do {
      let url = try Self.url(of: first)
      let transports = try await connect(nodes, identity, to: url)
      output.status("draining")
      let began = MonotonicInstant.now()
      first.stop()
      let fates = await fates(of: transports)
      let elapsed = began.duration(to: .now())
      let result = DrainResult(
        peers: peers, window: window, elapsed: elapsed, end: began.duration(to: try await firstEnd),
        moved: fates.moved, lost: fates.lost,
        refused: other.statistics.refusals.values.reduce(0, +)
          + other.statistics.handshakeFailures.values.reduce(0, +))
      for transport in transports { transport.close() }
      other.stop()
      try await othersEnd
      try await output.add(result.json)
      var table = DrainResult.table
      table.add(result.row)
      try await output.add(table)
    } catch {
      first.stop()
      other.stop()
      throw error
    }
  }

  /// Serves until the beacon has ended; when that was.
  private static func end(of beacon: BeaconServer) async throws -> MonotonicInstant {
    try await beacon.run()
    return .now()
  }

  private static func url(of beacon: BeaconServer) throws -> WSSURL {
    guard let address = beacon.addresses.wss else { throw CommandFailure("the beacon has no WebSocket port") }
    return WSSURL(isSecure: false, host: "127.0.0.1", port: Int(address.port))
  }

  private func start(_ keys: StaticKeyDirectory, sendingTo place: BeaconServer?) async throws -> BeaconServer {
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.wss = BeaconServer.Configuration.WebSocket(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0))
    configuration.wss?.limits.maximumConnections = peers + 1
    configuration.names = [HostPort(host: "127.0.0.1", port: nil)]
    if let place {
      configuration.drain.window = window
      configuration.drain.place = try Self.url(of: place)
    }
    return try await BeaconServer.start(
      configuration, keys: keys, logger: Logger(label: "pilot.bench") { _ in SwiftLogNoOpLogHandler() })
  }

  private func connect(_ nodes: [NodeID], _ identity: Identity, to url: WSSURL) async throws -> [WSSTransport] {
    try await withThrowingTaskGroup(of: WSSTransport.self) { group in
      var transports: [WSSTransport] = []
      for (index, node) in nodes.enumerated() {
        if index >= Self.crowd, let transport = try await group.next() { transports.append(transport) }
        output.status("\(index) of \(peers) connected")
        group.addTask {
          try await WSSTransport.connect(WSSTransport.Configuration(beacon: url, node: node, identity: identity))
        }
      }
      for try await transport in group { transports.append(transport) }
      return transports
    }
  }

  /// How many have moved, and how many have lost their connection instead.
  private func fates(of transports: [WSSTransport]) async -> (moved: Int, lost: Int) {
    await withTaskGroup(of: Bool.self) { group in
      for transport in transports {
        group.addTask {
          for await event in transport.events {
            switch event {
            case .moved: return true
            case .reconnecting, .closed: return false
            default: continue
            }
          }
          return false
        }
      }
      var (moved, lost) = (0, 0)
      for await hasMoved in group {
        if hasMoved { moved += 1 } else { lost += 1 }
      }
      return (moved, lost)
    }
  }
}

/// What a drain gave.
struct DrainResult: Sendable {
  let peers: Int
  let window: Duration
  /// From the end's beginning until the last one was at the other beacon, or had lost its connection.
  let elapsed: Duration
  /// From the end's beginning until the first beacon had closed its sockets. What comes to the other one later has lost its connection
  /// in between.
  let end: Duration
  let moved: Int
  let lost: Int
  /// Connections that the other beacon turned away, or that ended before they were upgraded.
  let refused: UInt64

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "drain", "peers": .int(peers), "window": .double(window.seconds), "seconds": .double(elapsed.seconds),
      "ended": .double(end.seconds), "moved": .int(moved), "lost": .int(lost), "refused": .int(refused),
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "A beacon that drains; seconds until all are at the other one",
      columns: ["peers", "window", "seconds", "beacon ended", "moved", "lost", "refused"], leading: 0)
  }

  /// The result for people.
  var row: [String] {
    [
      BenchFormat.count(peers), BenchFormat.digits(window.seconds), BenchFormat.digits(elapsed.seconds),
      BenchFormat.digits(end.seconds), BenchFormat.count(moved), BenchFormat.count(lost),
      BenchFormat.count(Int(clamping: refused)),
    ]
  }
}
