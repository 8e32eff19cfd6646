import Logging
import PilotBeacon
import PilotFixtures
import PilotIdentity
import PilotTransport
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
    let ids = (1...UInt32(2 * DemoCell.matrix.count)).compactMap { NodeID($0) }
    let keys = StaticKeyDirectory(Dictionary(uniqueKeysWithValues: ids.map { ($0, identity.publicKey) }))
    let beacon = try await BeaconServer.start(configuration, keys: keys, logger: logger)
    async let serving: Void = beacon.run()
    defer { beacon.stop() }
    var results: [DemoResult] = []
    for (index, cell) in DemoCell.matrix.enumerated() {
      let sender = try await open(cell.from, ids[2 * index], at: beacon.addresses)
      let receiver = try await open(cell.to, ids[2 * index + 1], at: beacon.addresses)
      let progress = DemoProgress { chunks in
        status("\(cell.name): \(100 * chunks / content.chunkCount) % of \(content.name)")
      }
      results.append(try await cell.run(sender: sender, receiver: receiver, content: content, progress: progress))
    }
    beacon.stop()
    try await serving
    return results
  }

  private var configuration: BeaconServer.Configuration {
    var configuration = BeaconServer.Configuration()
    configuration.udp = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    var wss = BeaconServer.Configuration.WebSocket(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0))
    wss.tls = BeaconServer.Configuration.TLSFiles(certificate: authority.certificatePath, key: authority.keyPath)
    wss.limits.outgoingAge = DemoNode.patience
    configuration.wss = wss
    return configuration
  }

  private func open(
    _ carrier: DemoCarrier, _ id: NodeID, at addresses: BeaconServer.Addresses
  ) async throws -> DemoNode {
    let url = WSSURL(host: "localhost", port: addresses.wss.map { Int($0.port) })
    return try await DemoNode.open(
      carrier, id: id, identity: identity, beacon: addresses.udp, url: url, authority: authority.authorityPath)
  }
}
