import Logging
import PilotBeacon
import PilotFixtures
import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// A beacon in this process, on loopback, that knows one key for nodes 1 to 99.
struct TestBeacon: Sendable {
  static let identity = Identity()

  let server: BeaconServer

  /// Starts a beacon, and stops it when the body is done.
  static func run(
    keys: (any KeyDirectory)? = nil, logger: Logger? = nil,
    _ adjust: (inout BeaconServer.Configuration) -> Void = { _ in },
    _ body: (TestBeacon) async throws -> Void
  ) async throws {
    let all = Dictionary(uniqueKeysWithValues: (1...99).compactMap { NodeID($0) }.map { ($0, identity.publicKey) })
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    configuration.wss = BeaconServer.Configuration.WebSocket(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0))
    adjust(&configuration)
    let server = try await BeaconServer.start(
      configuration, keys: keys ?? StaticKeyDirectory(all),
      logger: logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    async let serving: Void = server.run()
    do {
      try await body(TestBeacon(server: server))
    } catch {
      server.stop()
      try await serving
      throw error
    }
    server.stop()
    try await serving
  }

  /// With a name of its own, so that it speaks `pilot.v2`, and hears a node over UDP that is attached over WSS. Without one it
  /// speaks `pilot.v1`, to which nodes go back over UDP 31 s after their last announcement at the earliest.
  static func speakingV2(_ configuration: inout BeaconServer.Configuration) {
    configuration.names = [HostPort(host: "127.0.0.1")]
  }

  var udp: Endpoint { server.addresses.udp }

  var url: WSSURL {
    WSSURL(isSecure: false, host: "127.0.0.1", port: server.addresses.wss.map { Int($0.port) })
  }

  /// A well-behaved node, joined.
  func join(_ node: UInt32, on carrier: Carrier) async throws -> Node {
    try await Node.join(configuration(node, on: carrier))
  }

  /// How such a node joins.
  func configuration(_ node: UInt32, on carrier: Carrier) throws -> Node.Configuration {
    let beacon: BeaconURL =
      switch carrier {
      case .udp: .udp(host: "127.0.0.1", port: udp.port)
      case .wss: .wss(url)
      }
    return Node.Configuration(id: try RawNode.id(node), identity: Self.identity, beacon: beacon)
  }

  /// Waits until the beacon has counted something.
  func awaitStatistics(_ isThere: (BeaconStatistics) -> Bool) async throws {
    while !isThere(server.statistics) {
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  /// A node by hand on a WebSocket connection.
  func connect(_ node: UInt32, _ adjust: (inout WSSTransport.Configuration) -> Void = { _ in }) async throws -> RawNode
  {
    let id = try RawNode.id(node)
    var configuration = WSSTransport.Configuration(beacon: url, node: id, identity: Self.identity)
    adjust(&configuration)
    return RawNode(id: id, transport: try await WSSTransport.connect(configuration), beacon: .wssBeacon)
  }

  /// A node by hand on a UDP socket, not yet known to the beacon.
  ///
  /// - Parameter host: The last byte of its address, 127.0.0.x.
  func bind(_ node: UInt32, host: UInt8 = 1) throws -> RawNode {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, host, port: 0)
    return RawNode(id: try RawNode.id(node), transport: try UDPTransport.bind(configuration), beacon: udp)
  }
}
