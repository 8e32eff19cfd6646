import Logging
import PilotBeacon
import PilotFixtures
import PilotIdentity
import PilotNode
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

/// The demo's beacon, in this process, and the nodes that use it.
struct DemoBeacon {
  let authority: ThrowawayAuthority
  private let identity = Identity()

  init(authority: ThrowawayAuthority) {
    self.authority = authority
  }

  /// Starts the beacon and sends the content through each cell in turn.
  ///
  /// - Parameter status: Called often with a line for the person who watches.
  func measure(
    _ content: DemoContent, logger: Logger, status: @escaping @Sendable (String) -> Void
  ) async throws -> [DemoResult] {
    let ids = (1...UInt32(2 * Cell.allCases.count)).compactMap { NodeID($0) }
    let keys = StaticKeyDirectory(Dictionary(uniqueKeysWithValues: ids.map { ($0, identity.publicKey) }))
    let beacon = try await BeaconServer.start(configuration, keys: keys, logger: logger)
    async let serving: Void = beacon.run()
    defer { beacon.stop() }
    var results: [DemoResult] = []
    for (index, cell) in Cell.allCases.enumerated() {
      let sender = try await Node.join(node(ids[2 * index], on: cell.sender, at: beacon.addresses))
      let receiver = try await Node.join(node(ids[2 * index + 1], on: cell.destination, at: beacon.addresses))
      let progress = DemoProgress { chunks in
        status("\(cell.name): \(100 * chunks / content.chunkCount) % of \(content.name)")
      }
      results.append(
        try await DemoCell(cell: cell, sender: sender, receiver: receiver, content: content, progress: progress).run())
    }
    beacon.stop()
    try await serving
    return results
  }

  private var configuration: BeaconServer.Configuration {
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    // Two nodes of its own, as fast as they can.
    configuration.router.relayRate = 0
    var wss = BeaconServer.Configuration.WebSocket(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0))
    wss.tls = BeaconServer.Configuration.TLSFiles(certificate: authority.certificatePath, key: authority.keyPath)
    wss.limits.outgoingAge = Self.patience
    configuration.wss = wss
    return configuration
  }

  /// How long a frame may wait for a connection, and a node for its beacon. Longer than the default, since the demo shows
  /// that everything arrives, also on a machine that is busy for seconds.
  private static let patience: Duration = .seconds(30)

  private func node(
    _ id: NodeID, on carrier: Carrier, at addresses: BeaconServer.Addresses
  ) -> Node.Configuration {
    let url: BeaconURL =
      switch carrier {
      case .udp: .udp(host: addresses.udp.addressText, port: addresses.udp.port)
      case .wss: .wss(WSSURL(host: "localhost", port: addresses.wss.map { Int($0.port) }))
      }
    var configuration = Node.Configuration(id: id, identity: identity, beacon: url)
    configuration.times.patience = Self.patience
    configuration.udp.bindTo = .loopback(port: 0)
    configuration.wss?.trust = .file(authority.authorityPath)
    configuration.wss?.outgoing.age = Self.patience
    return configuration
  }
}
