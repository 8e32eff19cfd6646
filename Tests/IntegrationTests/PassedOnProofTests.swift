import PilotBeacon
import PilotNode
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A malicious beacon passes another one's challenge on to a node that has dialled it, and the answer back, over UDP.
@Suite("A challenge that is passed on", .timeLimit(.minutes(2)))
struct PassedOnProofTests {
  /// Plays the malicious beacon between a node and an honest beacon until the latter has decided about the node's proof.
  ///
  /// - Parameters:
  ///   - isOwnName: Whether the honest beacon is called what the node has dialled.
  ///   - isAdvertised: Whether it says so as the address that it is reached at, and not as a name.
  /// - Returns: What the honest beacon has counted and, if it isn't, logged.
  private func attack(isOwnName: Bool, isAdvertised: Bool = false) async throws -> (
    statistics: RouterStatistics, line: LogRecorder.Line?
  ) {
    let logger = LogRecorder()
    let malicious = try UDPTransport.bind(localhost)
    let name = HostPort(host: "127.0.0.1", port: malicious.localEndpoint.port)
    var decided: RouterStatistics?
    var line: LogRecorder.Line?
    try await TestBeacon.run(
      logger: logger.logger,
      {
        $0.names = isOwnName && !isAdvertised ? [name] : [HostPort(host: "beacon.example")]
        if isAdvertised { $0.router.advertised = [malicious.localEndpoint] }
      }
    ) { honest in
      let node = try await Node.start(
        Node.Configuration(
          id: RawNode.id(1), identity: TestBeacon.identity, beacon: "udp://127.0.0.1:\(malicious.localEndpoint.port)"))
      // Its receiver answers challenges, as long as somebody reads it.
      async let reading: Void = read(node)
      var receiver = try malicious.makeReceiver()
      var victim: Endpoint?
      while decided == nil {
        let frame = try await receiver.next()
        if frame.source == honest.udp {
          // Answers and challenges alike.
          if let victim { try malicious.send(frame.bytes, to: victim) }
        } else {
          victim = frame.source
          try malicious.send(frame.bytes, to: honest.udp)
        }
        guard (try? DiscoverProof(parsing: frame.bytes)) != nil else { continue }
        decided = try await decision(of: honest.server)
        if !isOwnName { line = await logger.first(beginning: "Proof for a beacon of another name") }
      }
      node.leave()
      _ = await reading
    }
    malicious.close()
    return (try #require(decided), line)
  }

  private var localhost: UDPTransport.Configuration {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = .loopback(port: 0)
    return configuration
  }

  private func read(_ node: Node) async {
    guard var receiver = try? node.makeReceiver() else { return }
    while (try? await receiver.next()) != nil {}
  }

  private func decision(of server: BeaconServer) async throws -> RouterStatistics {
    while true {
      let statistics = server.statistics.router
      if statistics.proofs.total > 0 { return statistics }
      try Task.checkCancellation()
      await Task.yield()
    }
  }

  @Test("A beacon of another name doesn't believe the answer, and says once whom the node has dialled")
  func refused() async throws {
    let (statistics, line) = try await attack(isOwnName: false)
    #expect(statistics.proofs[.wrongBeacon] == 1)
    #expect(statistics.proofs[.accepted] == 0)
    #expect(line?.metadata["name"]?.hasPrefix("127.0.0.1:") == true)
    #expect(line?.metadata["node"] == "1")
  }

  @Test("A beacon that is called so, or advertised there, does", arguments: [false, true])
  func accepted(isAdvertised: Bool) async throws {
    let statistics = try await attack(isOwnName: true, isAdvertised: isAdvertised).statistics
    #expect(statistics.proofs[.accepted] == 1)
    #expect(statistics.proofs[.wrongBeacon] == 0)
  }

  @Test(
    "A node that dials an address of the beacon's, or localhost, proves who it is without further ado",
    arguments: [
      "127.0.0.1", "localhost",
    ])
  func ownAddress(_ host: String) async throws {
    try await TestBeacon.run({ $0.udp = Endpoint(high: 0, low: 0, port: 0) }) { beacon in
      let node = try await Node.join(
        Node.Configuration(
          id: RawNode.id(1), identity: TestBeacon.identity, beacon: "udp://\(host):\(beacon.udp.port)"))
      async let reading: Void = read(node)
      let statistics = try await decision(of: beacon.server)
      #expect(statistics.proofs[.accepted] == 1)
      node.leave()
      _ = await reading
    }
  }
}
