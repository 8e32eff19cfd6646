import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// What a client tells of whom it calls before anything is encrypted: the name in its first TLS message (RFC 6066, section 3).
@Suite(.timeLimit(.minutes(1)))
struct ServerNameTests {
  /// The first message of a client to a server that is called so, as it dials.
  private func hello(_ host: String, proxy: String? = nil) async throws -> [UInt8] {
    let server = try await RawServer.start()
    let port = Int(server.address.port)
    var configuration = try TestClient.configuration(
      WSSURL(host: proxy == nil ? host : "beacon.test", port: proxy == nil ? port : 443))
    configuration.trust = .pem(Array(TestPEM.authority.utf8))
    configuration.proxyTrust = configuration.trust
    configuration.resolver = ScriptedResolver(ipv6: [], ipv4: ["127.0.0.1"])
    configuration.proxy = try proxy.map { .url(try ProxyURL(parsing: "https://\($0):\(port)")) } ?? .none
    let client = try TestClient(try WSSTransport.start(configuration))
    // A record tells its length behind its kind and version (RFC 8446, section 5.1).
    let record = try await server.next().take { $0.count < 5 ? nil : 5 + Int($0[3]) << 8 + Int($0[4]) }
    client.close()
    await server.stop()
    return record
  }

  /// The name in a ClientHello; nil without one (RFC 8446, section 4.1.2).
  private func serverName(in record: [UInt8]) throws -> String? {
    var rest = record[...]
    func take(_ count: Int) throws -> ArraySlice<UInt8> {
      try #require(rest.count >= count)
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    func number(_ bytes: Int) throws -> Int { try take(bytes).reduce(0) { $0 << 8 + Int($1) } }
    // The record's kind, version and length, and the message's kind.
    #expect(try take(1).first == 22)
    _ = try take(4)
    #expect(try number(1) == 1)
    // Its length, version and random bytes; session, ciphers and compression.
    _ = try take(3 + 2 + 32)
    for lengthBytes in [1, 2, 1] { _ = try take(try number(lengthBytes)) }
    _ = try number(2)
    while !rest.isEmpty {
      let (kind, length) = (try number(2), try number(2))
      let data = try take(length)
      // The list's length, the name's kind and its length stand before it.
      if kind == 0 { return String(decoding: data.dropFirst(5), as: UTF8.self) }
    }
    return nil
  }

  @Test(arguments: [("beacon.test", "beacon.test"), ("beacon.test.", "beacon.test"), ("127.0.0.1", nil)])
  func `a beacon's name goes into the first message, without its port, and no address`(
    host: String, name: String?
  ) async throws {
    #expect(try serverName(in: try await hello(host)) == name)
  }

  @Test(arguments: [("proxy.test", "proxy.test"), ("127.0.0.1", nil)])
  func `a proxy over TLS gets its own name, and not the beacon's`(host: String, name: String?) async throws {
    #expect(try serverName(in: try await hello("", proxy: host)) == name)
  }
}
