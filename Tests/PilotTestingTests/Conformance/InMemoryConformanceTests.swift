import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// The in-memory transport with all that the checks can look at.
struct InMemoryFixture: TransportFixture {
  static let queue = FrameQueue.Limits(bytes: 1 << 20, frames: 256)
  var maximumFrameLength = FrameLimits.maximumOverUDPv4

  var promises: TransportPromises {
    var promises = TransportPromises(maximumFrameLength: maximumFrameLength)
    promises.burst = 200
    promises.receiveQueue = Self.queue
    promises.deadDestination = Endpoint(ipv4: 192, 0, 2, 9, port: 9)
    return promises
  }

  func connect() async throws -> TransportLink {
    let network = InMemoryNetwork()
    var configuration = InMemoryTransport.Configuration()
    configuration.maximumFrameLength = maximumFrameLength
    configuration.receiveQueue = Self.queue
    return try TransportLink(
      network.makeTransport(configuration: configuration), peer: network.makeTransport(configuration: configuration))
  }
}

/// The same, with a receiver that is merged from it and a transport where nothing happens.
private struct MergedFixture: TransportFixture {
  private let base = InMemoryFixture()

  var promises: TransportPromises { base.promises }

  func connect() async throws -> TransportLink {
    var link = try await base.connect()
    link.transport = MergedTransport(link.transport, listeningTo: try InMemoryNetwork().makeTransport())
    return link
  }
}

@Suite("Conformance of the in-memory transport")
struct InMemoryConformanceTests {
  @Test("keeps the contract", arguments: TransportConformance.checks)
  func conforms(_ check: TransportConformance.Check) async throws {
    let outcome = try await check.run(against: InMemoryFixture())
    #expect(outcome == .passed)
  }

  @Test("keeps the contract at other maximum lengths", arguments: TransportConformance.checks, [1, 65_535])
  func conformsAtOtherLengths(_ check: TransportConformance.Check, _ maximum: Int) async throws {
    let outcome = try await check.run(against: InMemoryFixture(maximumFrameLength: maximum))
    #expect(outcome == .passed)
  }

  @Test("keeps the contract with a merged receiver", arguments: TransportConformance.checks)
  func conformsMerged(_ check: TransportConformance.Check) async throws {
    let outcome = try await check.run(against: MergedFixture())
    #expect(outcome == .passed)
  }

  @Test("checks have distinct names")
  func names() {
    #expect(Set(TransportConformance.checks.map(\.name)).count == TransportConformance.checks.count)
  }
}
