import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What a probe says, and what a report of ICMP has to quote of it.
struct EndpointProbeTests {
  private let nonce = ChallengeToken(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)

  private func probe(to endpoint: Endpoint) -> EndpointProbe {
    EndpointProbe(node: .test(7), endpoint: endpoint, claimant: .test(9), askedAt: 1)
  }

  @Test(arguments: [Endpoint.test(1), Endpoint(high: 1, low: 2, scope: 3, port: 4)])
  func isADiscoverReplyWithNodeAndNonceBehindTheAddress(_ endpoint: Endpoint) throws {
    let bytes = probe(to: endpoint).encoded(nonce: nonce)
    let reply = DiscoverReply(endpoint: endpoint).encoded()
    #expect(Array(bytes.prefix(reply.count)) == reply)
    #expect(Array(bytes.dropFirst(reply.count)) == [0, 0, 0, 7] + Array(1...16))
    let port = try DiscoverReply(parsing: bytes.span.raw).endpoint.port
    #expect(port == endpoint.port)
    #expect(bytes.count <= QuotedDatagram.capacity)
    let quote = EndpointProbe.Quote(bytes.span.raw, to: endpoint)
    #expect(quote?.node == .test(7))
    #expect(quote?.nonce == nonce)
  }

  @Test(arguments: [Endpoint.test(1), Endpoint(high: 1, low: 2, port: 4)])
  func aShorterQuoteOrOneOfAnotherDatagramIsNoEvidence(_ endpoint: Endpoint) {
    let bytes = probe(to: endpoint).encoded(nonce: nonce)
    for length in bytes.indices {
      let prefix = Array(bytes.prefix(length))
      #expect(EndpointProbe.Quote(prefix.span.raw, to: endpoint) == nil)
    }
    #expect(EndpointProbe.Quote(bytes.span.raw, to: .test(2)) == nil)
    let zero = DiscoverReply(endpoint: endpoint).encoded() + [UInt8](repeating: 0, count: 20)
    #expect(EndpointProbe.Quote(zero.span.raw, to: endpoint) == nil)
    let delivery: [UInt8] = [0x06] + bytes.dropFirst()
    #expect(EndpointProbe.Quote(delivery.span.raw, to: endpoint) == nil)
  }

  @Test func aForgedReportMovesNoNodeAndTheRightOneDoes() throws {
    let authenticator = FakeAuthenticator(keys: [:])
    var harness = RouterHarness()
    let (node, home, thief) = (NodeID.test(7), Endpoint.test(1), Endpoint.test(66))
    harness.discover(node, from: .udp(home))
    harness.discover(node, from: .udp(thief))
    let probe = try #require(harness.probes[node])

    /// As a driver does. Returns whom the report was answered.
    func report(_ quoted: [UInt8]) -> RouterOutput? {
      harness.router.unreachable(home, quoting: quoted.span.raw, at: harness.now)
      guard case .checkNonce(let asked, let nonce)? = harness.router.nextOutput() else { return nil }
      harness.router.checkedNonce(of: asked, isOwn: authenticator.nonce(for: asked) == nonce, at: harness.now)
      return harness.router.nextOutput()
    }

    let honest = probe.encoded(nonce: authenticator.nonce(for: probe))
    var forged = honest
    forged[forged.count - 1] ^= 1
    let plain = DiscoverReply(endpoint: home).encoded()
    for quoted in [forged, plain, []] { #expect(report(quoted) == nil) }
    expect(harness.statistics.unfoundedReports, 1)
    expect(harness.statistics.moves.total, 0)
    #expect(report(honest) == .reply(.udp(thief)))
    expect(harness.statistics.moves[.unreachable], 1)
    #expect(report(honest) == nil)
  }
}
