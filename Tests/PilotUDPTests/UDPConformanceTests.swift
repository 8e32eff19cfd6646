import PilotTesting
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// Two UDP sockets on loopback.
struct UDPFixture: TransportFixture {
  /// Two IPv6 sockets carry more than two IPv4 ones.
  let isIPv6: Bool

  var promises: TransportPromises {
    var promises = TransportPromises(
      maximumFrameLength: isIPv6 ? FrameLimits.maximumOverUDPv6 : FrameLimits.maximumOverUDPv4)
    // Only Linux tells a socket that isn't connected what ICMP has reported.
    #if os(Linux) && !CPILOT_UDP_PLAIN
      // Discard (RFC 863), which nobody serves any more.
      promises.deadDestination =
        isIPv6 ? Endpoint(high: 0, low: 1, port: 9) : Endpoint(ipv4: 127, 0, 0, 1, port: 9)
    #endif
    return promises
  }

  func connect() async throws -> TransportLink {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = try Endpoint(parsing: isIPv6 ? "[::1]:0" : "127.0.0.1:0")
    return try TransportLink(UDPTransport.bind(configuration), peer: UDPTransport.bind(configuration))
  }
}

/// The same, with a receiver that is merged from it and a queue where nothing happens.
private struct MergedFixture: TransportFixture {
  private let base = UDPFixture(isIPv6: false)

  var promises: TransportPromises { base.promises }

  func connect() async throws -> TransportLink {
    var link = try await base.connect()
    link.transport = MergedTransport(link.transport, listeningTo: try InMemoryNetwork().makeTransport())
    return link
  }
}

@Suite("Conformance of the UDP transport")
struct UDPConformanceTests {
  @Test("keeps the contract", arguments: TransportConformance.checks, [false, true])
  func conforms(_ check: TransportConformance.Check, isIPv6: Bool) async throws {
    let outcome = try await check.run(against: UDPFixture(isIPv6: isIPv6))
    if isPromised(check) { #expect(outcome == .passed) }
  }

  /// A socket's buffer is the kernel's: what it drops while nobody reads is no promise of the transport. Reports of ICMP are one only
  /// where there is a destination that draws them.
  private func isPromised(_ check: TransportConformance.Check) -> Bool {
    switch check.name {
    case TransportConformance.Check.boundsSlowReaders.name: false
    case TransportConformance.Check.survivesDeadDestinations.name:
      UDPFixture(isIPv6: false).promises.deadDestination != nil
    default: true
    }
  }

  @Test("keeps the contract with a merged receiver", arguments: TransportConformance.checks)
  func conformsMerged(_ check: TransportConformance.Check) async throws {
    let outcome = try await check.run(against: MergedFixture())
    if isPromised(check) { #expect(outcome == .passed) }
  }
}
