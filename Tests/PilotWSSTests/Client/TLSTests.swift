import PilotTesting
import NIOCore
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
  private func context(_ files: TestFiles, _ adjust: (inout TLSConfiguration) -> Void = { _ in }) throws
    -> NIOSSLContext
  {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(files.path("server")).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: files.path("server-key"), format: .pem)))
    adjust(&configuration)
    return try NIOSSLContext(configuration: configuration)
  }

  private func refusal(of url: WSSURL, trusting authority: String?, _ files: TestFiles) async -> TransportError? {
    await failure {
      _ = try await TestClient.connect(url) {
        if let authority { $0.trust = .file(files.path(authority)) }
      }
    }
  }

  @Test func `a certificate from another authority is refused, with what to do`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    for authority in ["other-ca", nil] {
      let error = await refusal(of: listener.url(secure: true, host: "localhost"), trusting: authority, files)
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.contains("CA file") == true)
    }
    await listener.shutDown()
    #expect(listener.log.value.attached.isEmpty)
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `a certificate for another host is refused`(host: String) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("stranger"), key: files.path("stranger-key"))
    let listener = try await TestListener.start(tls: tls)
    let error = await refusal(of: listener.url(secure: true, host: host), trusting: "ca", files)
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("name the host \(host);") == true)
    await listener.shutDown()
  }

  @Test func `a beacon that speaks no newer TLS than 1.1 is refused`() async throws {
    let files = try TestFiles()
    let server = try await RawServer.start(
      tls: context(files) {
        $0.minimumTLSVersion = .tlsv1
        $0.maximumTLSVersion = .tlsv11
      })
    let error = await refusal(
      of: WSSURL(host: "localhost", port: Int(server.address.port)), trusting: "ca", files)
    #expect(error?.code == .tlsFailed)
    #expect(error?.message.contains("TLS 1.2") == true)
    await server.stop()
  }

  @Test func `a node that speaks no newer TLS than 1.1 is refused`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    for (version, isAccepted) in [(TLSVersion.tlsv11, false), (.tlsv12, true)] {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.minimumTLSVersion = .tlsv1
      configuration.maximumTLSVersion = version
      configuration.trustRoots = .file(files.path("ca"))
      let connection = try await RawConnection.connect(
        to: listener.address, tls: NIOSSLContext(configuration: configuration))
      try? await connection.send("GET /health HTTP/1.1\r\nHost: b\r\n\r\n")
      #expect(try await connection.takeAll().contains("200 OK") == isAccepted)
    }
    await listener.shutDown()
    #expect(listener.listener.openConnections == 0)
  }

  @Test func `TLS to a port without it, and the reverse, say what is wrong`() async throws {
    let files = try TestFiles()
    let plain = try await TestListener.start()
    let first = await refusal(of: plain.url(secure: true, host: "localhost"), trusting: "ca", files)
    #expect([.tlsFailed, .connectFailed].contains(first?.code))
    #expect(first?.message.contains("TLS") == true)
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let secure = try await TestListener.start(tls: tls)
    let second = await refusal(of: secure.url(), trusting: nil, files)
    #expect([.connectFailed, .upgradeRefused].contains(second?.code))
    await plain.shutDown()
    await secure.shutDown()
  }

  @Test func `new certificate files are taken for new connections, broken ones are not`() async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    func subject() async throws -> [UInt8]? {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(files.path("ca"))
      let connection = try await RawConnection.connect(
        to: listener.address, tls: NIOSSLContext(configuration: configuration))
      try await connection.send("GET /v1/compat HTTP/1.1\r\n")
      let certificate = try await connection.channel.nioSSL_peerCertificate().get()
      connection.close()
      return try certificate?.toDERBytes()
    }
    let (first, second) = (
      try NIOSSLCertificate(bytes: Array(TestPEM.server.utf8), format: .pem).toDERBytes(),
      try NIOSSLCertificate(bytes: Array(TestPEM.second.utf8), format: .pem).toDERBytes()
    )
    let staying = try await TestClient.connect(listener.url(secure: true, host: "localhost")) {
      $0.trust = .file(files.path("ca"))
    }
    #expect(tls.reloadIfChanged().name == "unchanged")
    #expect(try await subject() == first)
    // The certificate is written before its key, and somebody looks in between.
    try files.write(TestPEM.second, to: "server")
    #expect(tls.reloadIfChanged().name == "refused")
    #expect(tls.reloadIfChanged().name == "unchanged")
    #expect(try await subject() == first)
    try files.write(TestPEM.secondKey, to: "server-key")
    #expect(tls.reloadIfChanged().name == "reloaded")
    #expect(try await subject() == second)
    try files.write("nonsense", to: "server-key")
    #expect(tls.reloadIfChanged().name == "refused")
    #expect(try await subject() == second)
    try staying.send([1])
    #expect(try await staying.next() == [1])
    staying.close()
    await listener.shutDown()
  }

  @Test func `a key that is not the certificate's is refused at the start`() throws {
    let files = try TestFiles()
    for (certificate, key) in [
      ("server", "stranger-key"), ("server", "none"), ("none", "server-key"), ("server-key", "server"),
    ] {
      let error = #expect(throws: TransportError.self) {
        try ServerTLS(certificate: files.path(certificate), key: files.path(key))
      }
      #expect(error?.code == .invalidConfiguration)
    }
  }
}

extension ServerTLS.Reload {
  fileprivate var name: String {
    switch self {
    case .unchanged: "unchanged"
    case .reloaded: "reloaded"
    case .refused: "refused"
    }
  }
}
