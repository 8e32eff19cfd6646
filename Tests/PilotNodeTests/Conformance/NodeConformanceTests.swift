import PilotNodeTesting
import PilotTesting
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A node and its beacon on a network in memory.
struct InMemoryLinks: TransportFixture {
  let network = InMemoryNetwork()

  var promises: TransportPromises {
    var promises = TransportPromises(maximumFrameLength: FrameLimits.maximumOverUDPv4)
    promises.burst = 64
    return promises
  }

  func connect() async throws -> TransportLink {
    try TransportLink(network.makeTransport(), peer: network.makeTransport())
  }

  func stranger(_ link: TransportLink) async throws -> any ConformancePeer {
    try TransportPeer(network.makeTransport(), destination: link.transport.localEndpoint)
  }
}

/// Two UDP sockets on loopback.
private struct UDPLinks: TransportFixture {
  let promises = TransportPromises(maximumFrameLength: FrameLimits.maximumOverUDPv4)

  func connect() async throws -> TransportLink { try TransportLink(Self.bind(), peer: Self.bind()) }

  static func stranger(_ link: TransportLink) async throws -> any ConformancePeer {
    try TransportPeer(bind(), destination: link.transport.localEndpoint)
  }

  private static func bind() throws(TransportError) -> UDPTransport {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    return try UDPTransport.bind(configuration)
  }
}

@Suite("Conformance of nodes", .timeLimit(.minutes(2)))
struct NodeConformanceTests {
  @Test("over a network in memory, either way", arguments: NodeConformance.checks, NodeFixture.Path.allCases)
  func inMemory(_ check: NodeConformance.Check, _ path: NodeFixture.Path) async throws {
    let links = InMemoryLinks()
    let outcome = try await check.run(against: NodeFixture(links, path: path, makeStranger: links.stranger))
    #expect(outcome == .passed)
  }

  @Test("over UDP", arguments: NodeConformance.checks)
  func udp(_ check: NodeConformance.Check) async throws {
    let outcome = try await check.run(
      against: NodeFixture(UDPLinks(), path: .datagrams, makeStranger: UDPLinks.stranger))
    #expect(outcome == .passed)
  }

  @Test("whom nobody but the beacon reaches has nothing to show about others")
  func noStranger() async throws {
    let outcome = try await NodeConformance.Check.believesTheBeaconOnly.run(
      against: NodeFixture(InMemoryLinks(), path: .connection))
    #expect(outcome == .notApplicable("nobody but the beacon reaches the node"))
  }

  @Test("checks have distinct names")
  func names() {
    #expect(Set(NodeConformance.checks.map(\.name)).count == NodeConformance.checks.count)
  }
}
