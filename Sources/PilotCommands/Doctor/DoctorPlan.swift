import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire

/// What `pilot doctor` was asked for, checked.
struct DoctorPlan: Sendable {
  /// The beacons over UDP.
  let datagrams: [BeaconURL]
  /// The connections to try, the preferred one first.
  let connections: [WSSTransport.Configuration]
  /// Whether the connections have the node's own identity.
  let hasIdentity: Bool
  /// How long to keep a connection; nil to keep none.
  let idle: Duration?
  /// Addresses of hosts for when the name server fails.
  let addresses: StaticAddresses

  /// How long a beacon's name and TCP may take. A node is more patient (20 s for all of a dial): what it waits for is rarely worth a
  /// person's time.
  static let connectLimit = Duration.seconds(6)

  init(
    beacons: [String], node: String?, identity: String?, reach: BeaconReach, idle: Int
  ) throws {
    guard !beacons.isEmpty else {
      throw CommandFailure.usage(
        "no beacon was given", hint: "add --beacon udp://HOST:PORT, --beacon wss://HOST, or both")
    }
    guard (node == nil) == (identity == nil) else {
      throw CommandFailure.usage("--node and --identity belong together", hint: "give both, or neither")
    }
    hasIdentity = identity != nil
    self.idle = idle > 0 ? .seconds(idle) : nil
    addresses = reach.addresses
    // Up to the authentication any will do.
    let key = try identity.map { try Identity.load(from: $0) } ?? Identity()
    guard let id = NodeID(parsing: node ?? "1") else {
      throw CommandFailure.usage("the node's ID must be 1...4294967295")
    }
    let urls = try beacons.map(BeaconURL.init(option:))
    datagrams = urls.filter { if case .udp = $0 { true } else { false } }
    connections = urls.compactMap { url in
      guard case .wss = url else { return nil }
      var configuration = Node.Configuration(id: id, identity: key, beacon: url)
      reach.apply(to: &configuration)
      guard var connection = configuration.wss else { return nil }
      connection.fallbackAddresses = configuration.fallbackAddresses
      connection.connectLimit = Self.connectLimit
      return connection
    }
  }

  /// The beacons' hosts.
  var hosts: [String] {
    datagrams.compactMap(\.udpHost) + connections.map(\.beacon.host)
  }

  /// Where to ask the beacons over UDP.
  func targets(_ names: [NameFacts]) -> [DatagramFacts.Beacon] {
    datagrams.map { url in
      guard case .udp(let host, let port) = url else { return DatagramFacts.Beacon(url: url, endpoints: []) }
      let addresses = names.first { $0.host == host }?.addresses ?? []
      return DatagramFacts.Beacon(
        url: url,
        endpoints: addresses.map { Endpoint(high: $0.high, low: $0.low, scope: $0.scope, port: port) })
    }
  }
}

extension BeaconURL {
  fileprivate var udpHost: String? {
    if case .udp(let host, _) = self { return host }
    return nil
  }
}
