import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct TrustedAuthoritiesTests {
  private let files: TestFiles
  private let system: SystemAuthorities
  private let authority: NIOSSLCertificate
  private let other: NIOSSLCertificate

  init() throws {
    files = try TestFiles()
    system = SystemAuthorities(files: [files.path("none"), files.path("rsa")], directories: [])
    authority = try NIOSSLCertificate(bytes: Array(TestPEM.authority.utf8), format: .pem)
    other = try NIOSSLCertificate(bytes: Array(TestPEM.otherAuthority.utf8), format: .pem)
  }

  private func roots(
    file: String? = nil, _ environment: [String: String] = [:], system: SystemAuthorities? = nil
  ) throws -> [NIOSSLCertificate] {
    let trust = file.map { Trust.file($0) } ?? .system(variables: AuthorityVariables(environment))
    let roots = try TrustedAuthorities.roots(of: trust, system: system ?? self.system)
    guard case .certificates(let certificates) = roots else { throw Unexpected(roots) }
    return certificates
  }

  private func refusal(_ environment: [String: String] = [:], system: SystemAuthorities? = nil) -> TransportError? {
    #expect(throws: TransportError.self) { try roots(environment, system: system) }
  }

  @Test func `a file that is given comes before the environment, and that before the system`() throws {
    let variables = ["SSL_CERT_FILE": files.path("other-ca"), "SSL_CERT_DIR": "/nonexistent"]
    #expect(try roots(file: files.path("ca"), variables) == [authority])
    #expect(try roots(variables) == [other])
    #expect(try roots(["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""]).count == 1)
    #expect(try roots(["SSL_CERT_FILE": "", "SSL_CERT_DIR": ""]) == roots())
  }

  @Test func `directories with colons between them are read, with each certificate once`() throws {
    let one = try files.makeDirectory("one", of: "ca", "server-key")
    let two = try files.makeDirectory("two", of: "ca", "other-ca")
    #expect(try Set(roots(["SSL_CERT_DIR": "\(one):/nonexistent::\(two)"])) == [authority, other])
    #expect(try roots(["SSL_CERT_DIR": two]).count == 2)
    let both = ["SSL_CERT_DIR": two, "SSL_CERT_FILE": files.path("p521")]
    #expect(try roots(both).count == 3)
  }

  @Test func `the first file of the system that has certificates counts, and else its directories`() throws {
    try files.write("", to: "empty")
    let paths = ["empty", "server-key", "ca", "other-ca"].map(files.path)
    #expect(try roots(system: SystemAuthorities(files: paths, directories: [])) == [authority])
    let directory = try files.makeDirectory("certs", of: "other-ca")
    let last = SystemAuthorities(files: [files.path("empty")], directories: ["/nonexistent", directory])
    #expect(try roots(system: last) == [other])
  }

  @Test func `a certificate of the system's that is broken doesn't take the others away`() throws {
    try files.write(TestPEM.authority.replacing("MIIB", with: "AAAA") + TestPEM.otherAuthority, to: "mixed")
    #expect(try roots(system: SystemAuthorities(files: [files.path("mixed")], directories: [])) == [other])
  }

  @Test func `a system without authorities is told what was looked for and what to do`() throws {
    let error = refusal(system: SystemAuthorities(files: ["/nonexistent/a.crt"], directories: ["/nonexistent/certs"]))
    #expect(error?.code == .invalidConfiguration)
    for part in ["/nonexistent/a.crt", "/nonexistent/certs", "ca-certificates", "SSL_CERT_FILE", "--ca"] {
      #expect(error?.message.contains(part) == true, "\(part)")
    }
  }

  @Test func `a variable that names nothing usable is named itself`() throws {
    try files.write("", to: "empty")
    for (path, reason) in [("none", "No such file"), ("empty", "is empty"), ("server-key", "private key")] {
      let message = refusal(["SSL_CERT_FILE": files.path(path)])?.message
      #expect(message?.contains(files.path(path)) == true && message?.contains("SSL_CERT_FILE") == true)
      #expect(message?.contains(reason) == true, "\(message as Any)")
    }
    let message = refusal(["SSL_CERT_DIR": "/nonexistent"])?.message
    #expect(message?.contains("/nonexistent") == true && message?.contains("SSL_CERT_DIR") == true)
  }

  @Test func `a connection trusts what the variables name`() async throws {
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: "localhost")
    let client = try await TestClient.connect(url) {
      $0.trust = .system(variables: AuthorityVariables(["SSL_CERT_FILE": files.path("ca")]))
    }
    client.close()
    let error = await failure {
      _ = try await TestClient.connect(url) {
        $0.trust = .system(variables: AuthorityVariables(["SSL_CERT_FILE": files.path("other-ca")]))
      }
    }
    #expect(error?.code == .tlsFailed)
    await listener.shutDown()
  }
}
