import PilotWire
import Testing

@testable import PilotWSS

/// Which names a beacon takes for its own.
struct BeaconNamesTests {
  private let local = Endpoint(ipv4: 192, 0, 2, 7, port: 9_443)

  private func name(_ text: String) throws -> BeaconName { try #require(BeaconName(parsing: text)) }

  private func names(_ texts: String..., certificate: ServerTLS? = nil) throws -> BeaconNames {
    BeaconNames(try texts.map { try HostPort(parsing: $0) }, certificate: certificate)
  }

  @Test func `a name with a port is that one, and one without is all of its host's`() throws {
    let names = try names("Beacon.example.", "relay.example:443", "[2001:db8:0::1]:9001")
    for own in ["beacon.example:1", "beacon.example:443", "relay.example:443", "[2001:db8::1]:9001"] {
      #expect(names.contains(try name(own), at: local), "\(own)")
      #expect(names.contains(try name(own), at: nil), "\(own)")
    }
    for other in ["relay.example:444", "[2001:db8::1]:9002", "a.beacon.example:443", "example:443", "192.0.2.8:9443"] {
      #expect(!names.contains(try name(other), at: local), "\(other)")
    }
    #expect(!names.isEmpty)
  }

  @Test func `the address that was written to is a name, at its own port`() throws {
    let names = BeaconNames()
    #expect(names.contains(try name("192.0.2.7:9443"), at: local))
    #expect(!names.contains(try name("192.0.2.7:443"), at: local))
    #expect(!names.contains(try name("192.0.2.7:9443"), at: nil))
    #expect(!names.contains(try name("192.0.2.7:9443"), at: Endpoint(ipv4: 192, 0, 2, 8, port: 9_443)))
    let linkLocal = Endpoint(high: 0xFE80 << 48, low: 1, scope: 3, port: 9_001)
    #expect(names.contains(try name("[fe80::1]:9001"), at: linkLocal))
    #expect(names.isEmpty, "it may be the proxy's business alone")
  }

  @Test func `localhost is a name on this machine only`() throws {
    let names = BeaconNames()
    #expect(names.contains(try name("localhost:9443"), at: .loopback(port: 9_443)))
    #expect(names.contains(try name("localhost:9443"), at: Endpoint(high: 0, low: 1, port: 9_443)))
    #expect(!names.contains(try name("localhost:9444"), at: .loopback(port: 9_443)))
    #expect(!names.contains(try name("localhost:9443"), at: local))
    #expect(!names.contains(try name("localhost:9443"), at: nil))
  }

  @Test func `what the certificate names is a name at every port`() throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    #expect(tls.hosts == ["localhost", "127.0.0.1", "::1"])
    let names = try names("extra.example", certificate: tls)
    for own in ["localhost:1", "127.0.0.1:2", "[::1]:3", "extra.example:4"] {
      #expect(names.contains(try name(own), at: local), "\(own)")
    }
    #expect(!names.contains(try name("beacon.example:443"), at: local))
    #expect(!BeaconNames(certificate: tls).isEmpty)
  }

  @Test func `a certificate for any host names none`() throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("wildcard"), key: files.path("wildcard-key"))
    let names = BeaconNames(certificate: tls)
    #expect(tls.hosts.isEmpty)
    #expect(names.isEmpty)
    #expect(!names.contains(try name("beacon.example.com:443"), at: nil))
  }

  @Test func `the names are those of the certificate that is in use`() throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("stranger"), key: files.path("stranger-key"))
    let names = BeaconNames(certificate: tls)
    #expect(names.contains(try name("beacon.example:443"), at: nil))
    try files.write(TestPEM.server, to: "stranger")
    try files.write(TestPEM.serverKey, to: "stranger-key")
    guard case .reloaded = tls.reloadIfChanged() else { throw Unexpected("the old certificate") }
    #expect(!names.contains(try name("beacon.example:443"), at: nil))
    #expect(names.contains(try name("localhost:443"), at: nil))
  }
}
