import PilotTesting
import NIOCore
import NIOEmbedded
import NIOPosix
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Which of a name's addresses a dial takes, with a name server that does as it is told.
@Suite(.timeLimit(.minutes(1)))
struct DialAddressesTests {
  private func url(_ server: RawServer) -> WSSURL {
    WSSURL(isSecure: false, host: "beacon.test", port: Int(server.address.port))
  }

  /// Dials, and returns the Host field that arrived.
  private func dial(_ server: RawServer, _ resolver: ScriptedResolver, fallback: [String] = []) async throws -> String {
    let addresses = try StaticAddresses(parsing: fallback.map { "beacon.test=\($0)" })
    let client = try TestClient.start(url(server)) {
      $0.allowsPlaintext = true
      $0.resolver = resolver
      $0.fallbackAddresses = addresses
    }
    let beacon = try await server.nextBeacon()
    let request = try await beacon.upgrade()
    client.close()
    await server.stop()
    return request.split(separator: "\r\n").first { $0.hasPrefix("Host: ") }.map(String.init) ?? ""
  }

  @Test(
    arguments: [
      (nil, ["127.0.0.1"]),  // AAAA is never answered
      ([], ["127.0.0.1"]),  // there is none
      (["2001:db8::1", "::2"], ["127.0.0.1"]),  // nobody is there
      ([], ["127.0.0.2", "127.0.0.1"]),  // the first refuses
    ] as [([String]?, [String]?)])
  func `an address that leads nowhere doesn't stand in the way of one that does`(
    ipv6: [String]?, ipv4: [String]?
  ) async throws {
    let server = try await RawServer.start()
    let host = try await dial(server, ScriptedResolver(ipv6: ipv6, ipv4: ipv4))
    #expect(host == "Host: beacon.test:\(server.address.port)")
  }

  /// The same port of another address leaves connections without an answer, as a network does that drops packets.
  @Test func `an address that keeps silent is passed by after a quarter of a second`() async throws {
    let server = try await RawServer.start()
    let hole = try await BlackHole.start(at: Endpoint(ipv4: 127, 0, 0, 3, port: server.address.port))
    let start = ContinuousClock.now
    _ = try await dial(server, ScriptedResolver(ipv6: [], ipv4: ["127.0.0.3", "127.0.0.1"]))
    #expect(ContinuousClock.now - start >= .milliseconds(240))
    await hole.stop()
  }

  @Test func `a host's given addresses stand in for a name server that fails, and the name stays the host's`()
    async throws
  {
    let server = try await RawServer.start()
    let host = try await dial(
      server, ScriptedResolver(ipv6: [], ipv4: []), fallback: ["2001:db8::1", "127.0.0.1"])
    #expect(host == "Host: beacon.test:\(server.address.port)")
  }

  @Test func `each attempt looks the name up again`() async throws {
    let server = try await RawServer.start()
    let resolver = ScriptedResolver(ipv6: [], ipv4: ["127.0.0.1"])
    let client = try TestClient.start(url(server)) {
      $0.allowsPlaintext = true
      $0.resolver = resolver
    }
    for _ in 0..<3 {
      try await server.next().close()
      _ = try await client.reasonToReconnect()
    }
    #expect(resolver.asked.value.count >= 6)
    client.close()
    await server.stop()
  }

  @Test func `a name without addresses is told from one that nobody answers for`() async throws {
    func dial(_ resolver: ScriptedResolver) async -> TransportError? {
      await failure {
        _ = try await TestClient.connect(WSSURL(host: "beacon.test")) {
          $0.resolver = resolver
          $0.dialLimit = .milliseconds(200)
        }
      }
    }
    let unknown = await dial(ScriptedResolver(ipv6: [], ipv4: []))
    #expect(unknown?.code == .resolveFailed)
    #expect(unknown?.message.contains("beacon.test could not be resolved (scripted: no such name)") == true)
    let silent = await dial(ScriptedResolver(ipv6: nil, ipv4: nil))
    #expect(silent?.code == .timedOut)
    #expect(silent?.message.contains("resolving the name took too long") == true, "\(silent as Any)")
  }

  @Test func `a limit for names and TCP ends a dial before its own`() async throws {
    let silent = await failure {
      _ = try await TestClient.connect(WSSURL(host: "beacon.test")) {
        $0.resolver = ScriptedResolver(ipv6: nil, ipv4: nil)
        $0.connectLimit = .milliseconds(20)
        $0.dialLimit = .seconds(3_600)
      }
    }
    #expect(silent?.code == .resolveFailed)
    #expect(silent?.message.contains("beacon.test could not be resolved (no answer within") == true, "\(silent as Any)")
  }

  @Test func `given addresses stand in after three seconds of silence`() throws {
    let loop = EmbeddedEventLoop()
    let given = [Endpoint(ipv4: 192, 0, 2, 1, port: 0)]
    let resolver = DialResolver(
      asking: ScriptedResolver(ipv6: nil, ipv4: nil), on: loop, port: 443, fallback: given)
    var found: [SocketAddress]?
    _ = resolver.initiateAAAAQuery(host: "a", port: 443)
    resolver.initiateAQuery(host: "a", port: 443).assumeIsolated().whenSuccess { found = $0 }
    loop.advanceTime(by: .milliseconds(2_999))
    #expect(found == nil && !resolver.isKnown)
    loop.advanceTime(by: .milliseconds(1))
    #expect(found == [try SocketAddress(ipAddress: "192.0.2.1", port: 443)] && resolver.isKnown)
  }

  @Test func `a link-local address is dialled in its zone`() throws {
    let loop = EmbeddedEventLoop()
    func found(_ host: String) -> [SocketAddress]? {
      let resolver = DialResolver(asking: SystemResolver(capacity: 0), on: loop, port: 443, fallback: [])
      var found: [SocketAddress]?
      resolver.initiateAAAAQuery(host: host, port: 443).assumeIsolated().whenSuccess { found = $0 }
      resolver.initiateAQuery(host: host, port: 443).assumeIsolated().whenComplete { _ in }
      loop.run()
      return found
    }
    // Addresses are equal only in the same zone.
    #expect(found("fe80::1") == [try SocketAddress(ipAddress: "fe80::1", port: 443)])
    #expect(found("fe80::1%7")?.map(\.ipAddress) == ["fe80::1"])
    #expect(found("fe80::1%7") == found("fe80::1%7"))
    #expect(found("fe80::1%7") != found("fe80::1%8"))
    #expect(found("fe80::1%7") != found("fe80::1"))
  }
}
