import NIOCore
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct TLSPolicyTests {
  /// Suites of TLS 1.2 for a certificate with an RSA key, and whether both ends take them.
  static let suites: [(String, Bool)] = [
    ("AES128-GCM-SHA256", false), ("AES256-GCM-SHA384", false), ("AES128-SHA", false), ("AES256-SHA", false),
    ("ECDHE-RSA-AES128-SHA", false), ("ECDHE-RSA-AES256-SHA", false), ("ECDHE-RSA-AES128-GCM-SHA256", true),
    ("ECDHE-RSA-AES256-GCM-SHA384", true), ("ECDHE-RSA-CHACHA20-POLY1305", true),
  ]

  @Test(arguments: suites.indices)
  func `a beacon takes a suite of TLS 1.2 only with forward secrecy and authenticated encryption`(
    index: Int
  ) async throws {
    let (suite, isAccepted) = Self.suites[index]
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("rsa"), key: files.path("rsa-key"))
    let listener = try await TestListener.start(tls: tls)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.maximumTLSVersion = .tlsv12
    configuration.cipherSuites = suite
    configuration.trustRoots = .file(files.path("rsa"))
    let connection = try await RawConnection.connect(
      to: listener.address, tls: NIOSSLContext(configuration: configuration))
    try? await connection.send("GET /health HTTP/1.1\r\nHost: b\r\n\r\n")
    #expect(try await connection.takeAll().contains("200 OK") == isAccepted)
    await listener.shutDown()
  }

  /// How a node fares with a server that has its own ideas. The answer to the upgrade is 404, so that what comes after
  /// TLS is told from what TLS refuses.
  private func outcome(
    _ kind: String, _ files: TestFiles, _ adjust: (inout TLSConfiguration) -> Void
  ) async throws -> TransportError? {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(files.path(kind)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("\(kind)-key"), format: .pem)))
    adjust(&configuration)
    let server = try await RawServer.start(tls: NIOSSLContext(configuration: configuration)) { _ in
      Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
    }
    let error = await failure {
      _ = try await TestClient.connect(WSSURL(host: "localhost", port: Int(server.address.port))) {
        $0.trust = .file(files.path(kind))
      }
    }
    await server.stop()
    return error
  }

  @Test(arguments: suites.indices)
  func `a node takes a suite of TLS 1.2 only with forward secrecy and authenticated encryption`(
    index: Int
  ) async throws {
    let (suite, isAccepted) = Self.suites[index]
    let error = try await outcome("rsa", TestFiles()) {
      $0.maximumTLSVersion = .tlsv12
      $0.cipherSuites = suite
    }
    #expect(error?.code == (isAccepted ? .upgradeRefused : .tlsFailed))
    if !isAccepted {
      #expect(error?.message.contains("refused the TLS handshake") == true)
      #expect(error?.message.contains("TLS 1.2 with ECDHE") == true)
    }
  }

  static let kinds = ["server", "rsa", "ed25519", "p521"]

  @Test(arguments: kinds, [TLSVersion.tlsv12, .tlsv13])
  func `a node takes certificates of each usual kind, in both versions`(
    kind: String, version: TLSVersion
  ) async throws {
    let files = try TestFiles()
    // This one has an authority.
    if kind == "server" { try files.write(TestPEM.server + TestPEM.authority, to: "server") }
    let error = try await outcome(kind, files) {
      $0.minimumTLSVersion = version
      $0.maximumTLSVersion = version
    }
    #expect(error?.code == .upgradeRefused, "\(error as Any)")
  }

  @Test(arguments: kinds)
  func `a beacon serves certificates of each usual kind to its nodes`(kind: String) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path(kind), key: files.path("\(kind)-key"))
    let listener = try await TestListener.start(tls: tls)
    let client = try await TestClient.connect(listener.url(secure: true, host: "localhost")) {
      $0.trust = .file(files.path(kind == "server" ? "ca" : kind))
    }
    try client.send([1])
    #expect(try await client.next() == [1])
    client.close()
    await listener.shutDown()
  }
}
