import NIOCore
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Why a beacon's certificate is not taken, as a person is told.
@Suite(.timeLimit(.minutes(1)))
struct CertificateFaultTests {
  /// A certificate, the authority that is trusted, and what must be said.
  static let faults: [(String, String, [String])] = [
    ("past", "past", ["expired at 2001-01-01T00:00:00Z", "this machine's clock it is 20"]),
    ("past", "ca", ["expired at 2001-01-01T00:00:00Z"]),
    ("future", "future", ["is valid from 2098-01-01T00:00:00Z on", "this machine's clock it is 20"]),
    ("rsa", "ca", ["is signed by itself (CN=rsa)", "CA file"]),
    ("server", "other-ca", ["an authority that isn't trusted (CN=Pilot test authority ca)", "CA file"]),
    ("orphan", "expired-ca", ["whose own certificate is not valid now", "CA file"]),
    ("stranger", "ca", ["doesn't name the host localhost", "names beacon.example;"]),
    ("purpose", "purpose-ca", ["made for servers"]),
  ]

  @Test(arguments: faults.indices, [TLSVersion.tlsv12, .tlsv13])
  func `each has its own reason, with what to do`(index: Int, version: TLSVersion) async throws {
    let (certificate, authority, reasons) = Self.faults[index]
    let files = try TestFiles()
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(files.path(certificate)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("\(certificate)-key"), format: .pem)))
    configuration.minimumTLSVersion = version
    configuration.maximumTLSVersion = version
    let server = try await RawServer.start(tls: NIOSSLContext(configuration: configuration))
    let error = await failure {
      _ = try await TestClient.connect(WSSURL(host: "localhost", port: Int(server.address.port))) {
        $0.trust = .file(files.path(authority))
      }
    }
    #expect(error?.code == .tlsFailed)
    for reason in reasons { #expect(error?.message.contains(reason) == true, "\(error as Any)") }
    #expect(error?.cause != nil)
    await server.stop()
  }

  @Test func `a handshake that broke before there was a certificate doesn't blame it`() throws {
    let tls = try ClientTLS(trusting: .pem(Array(TestPEM.authority.utf8)))
    let past = try NIOSSLCertificate(bytes: Array(TestPEM.past.utf8), format: .pem)
    let broken = NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake]))
    #expect(tls.fault(after: broken, of: past, at: 0) == nil)
    #expect(tls.fault(after: ChannelError.eof, of: past, at: 0) == nil)
    #expect(tls.fault(after: NIOSSLError.unableToValidateCertificate, of: nil, at: 0) == nil)
    #expect(
      tls.fault(after: NIOSSLError.unableToValidateCertificate, of: past, at: 0) == .notYetValid(946_684_800, now: 0))
  }

  @Test func `a host's names are those of the certificate, wildcards and addresses included`() throws {
    let tls = try ClientTLS(trusting: .pem(Array(TestPEM.authority.utf8)))
    func fault(_ text: String) throws -> CertificateFault? {
      let certificate = try NIOSSLCertificate(bytes: Array(text.utf8), format: .pem)
      return tls.fault(after: NIOSSLExtraError.failedToValidateHostname, of: certificate, at: 0)
    }
    #expect(try fault(TestPEM.server) == .otherHost(["localhost", "127.0.0.1", "::1"]))
    #expect(try fault(TestPEM.wildcard) == .otherHost(["*.example.com", "*"]))
  }

  @Test func `a certificate for the address that a name leads to is none for the name`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: "beacon.invalid")
    let addresses = try StaticAddresses(parsing: ["beacon.invalid=127.0.0.1"])
    let error = await failure {
      _ = try await TestClient.connect(url) {
        $0.trust = .file(files.path("ca"))
        $0.fallbackAddresses = addresses
      }
    }
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("doesn't name the host beacon.invalid") == true, "\(error as Any)")
    await listener.shutDown()
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("::1", true), ("127.0.0.2", false),
    ("localhost.example", false), ("a.localhost", false), ("", false),
  ])
  func `a host is in a certificate by its name or its address`(host: String, isIn: Bool) throws {
    #expect(try NIOSSLCertificate(bytes: Array(TestPEM.server.utf8), format: .pem).isFor(host) == isIn)
  }

  @Test(arguments: [
    ("a.example.com", true), ("A.Example.Com", true), ("example.com", false), ("a.b.example.com", false),
    (".example.com", false), ("com", false), ("127.0.0.1", false),
  ])
  func `a wildcard stands for one label`(host: String, isIn: Bool) throws {
    #expect(try NIOSSLCertificate(bytes: Array(TestPEM.wildcard.utf8), format: .pem).isFor(host) == isIn)
  }

  @Test func `whoever speaks no TLS, and whoever refuses it, is told from who has the wrong certificate`() async throws
  {
    let files = try TestFiles()
    let server = try await RawServer.start()
    let url = WSSURL(host: "localhost", port: Int(server.address.port))
    async let outcome = failure { _ = try await TestClient.connect(url) { $0.trust = .file(files.path("ca")) } }
    try await server.next().send("HTTP/1.1 400 Bad Request\r\n\r\n")
    let error = await outcome
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("doesn't speak TLS") == true, "\(error as Any)")
    // A fatal alert: handshake_failure (RFC 8446, section 6.2).
    async let second = failure { _ = try await TestClient.connect(url) { $0.trust = .file(files.path("ca")) } }
    try await server.next().send([21, 3, 3, 0, 2, 2, 40])
    let refusal = await second
    #expect(refusal?.code == .tlsFailed)
    #expect(refusal?.message.contains("refused the TLS handshake") == true, "\(refusal as Any)")
    await server.stop()
  }

  @Test func `authorities may come from memory`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: "localhost")
    let client = try await TestClient.connect(url) { $0.trust = .pem(Array(TestPEM.authority.utf8)) }
    client.close()
    let error = await failure {
      _ = try await TestClient.connect(url) { $0.trust = .pem(Array(TestPEM.otherAuthority.utf8)) }
    }
    #expect(error?.code == .tlsFailed)
    for (text, reason) in [("", "is empty"), (TestPEM.serverKey, "private key")] {
      let error = await failure { _ = try await TestClient.connect(url) { $0.trust = .pem(Array(text.utf8)) } }
      #expect(error?.code == .invalidConfiguration)
      #expect(error?.message.contains(reason) == true)
    }
    await listener.shutDown()
  }
}
