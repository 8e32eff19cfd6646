import PilotTesting
import NIOSSL
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Keys that are trusted by themselves.
@Suite(.timeLimit(.minutes(1)))
struct KeyPinTests {
  /// By `openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | sha256sum`.
  private static let server = "586e0308a1c893cc7625ec2ced7747509f98ad9d99b5e4218f510864abdc4a04"
  private static let authority = "1723d5c3465d41274a369defdd77268621123afeff54119a327282999b075fe8"
  private static let second = "e3cd6e580c71a9e5b72762bd2ce406b49a80ec8fe873850c7df06bc949fef524"

  @Test func `a pin is 64 hexadecimal digits`() throws {
    let pin = try #require(KeyPin(hex: Self.server))
    #expect(pin == KeyPin(hex: Self.server.uppercased()))
    #expect(pin.description == Self.server)
    #expect(pin != KeyPin(hex: Self.second))
    for text in [
      "", "58", String(Self.server.dropLast()), Self.server + "0", "+" + Self.server.dropFirst(),
      String(Self.server.dropLast()) + "g", String(repeating: "\u{e9}", count: 32),
    ] { #expect(KeyPin(hex: text) == nil) }
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `whoever shows a pinned key is trusted, and nobody else, whoever has signed the certificate`(
    host: String
  ) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: host)
    let (server, second) = (try #require(KeyPin(hex: Self.server)), try #require(KeyPin(hex: Self.second)))
    let authority = try #require(KeyPin(hex: Self.authority))
    for pins in [[server], [second, server]] as [Set<KeyPin>] {
      let client = try await TestClient.connect(url) { $0.trust = .keys(pins) }
      client.close()
    }
    // The authority's key signs others' certificates as well.
    for pins in [[], [second], [authority]] as [Set<KeyPin>] {
      let error = await failure { _ = try await TestClient.connect(url) { $0.trust = .keys(pins) } }
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.contains("has the key \(Self.server)") == true, "\(error as Any)")
    }
    await listener.shutDown()
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `with authorities, certificate and key must both be right`(host: String) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: host)
    let (server, second) = (try #require(KeyPin(hex: Self.server)), try #require(KeyPin(hex: Self.second)))
    for authorities in [Trust.file(files.path("ca")), .pem(Array(TestPEM.authority.utf8))] {
      let client = try await TestClient.connect(url) { $0.trust = authorities.pinned(to: [second, server]) }
      client.close()
      let error = await failure {
        _ = try await TestClient.connect(url) { $0.trust = authorities.pinned(to: [second]) }
      }
      #expect(error?.code == .tlsFailed)
      #expect(error?.message.contains("has the key \(Self.server)") == true, "\(error as Any)")
    }
    let error = await failure {
      _ = try await TestClient.connect(url) { $0.trust = .file(files.path("other-ca")).pinned(to: [server]) }
    }
    #expect(error?.message.contains("an authority that isn't trusted") == true, "\(error as Any)")
    await listener.shutDown()
    #expect(listener.log.value.attached.count == 2)
  }

  /// What is wrong with a certificate whose key is the right one; a pin for a key alone doesn't ask.
  @Test(arguments: [("past", "past", "expired at"), ("stranger", "ca", "doesn't name the host")])
  func `a pinned key makes a certificate no better where authorities are asked`(
    certificate: String, authority: String, reason: String
  ) async throws {
    let files = try TestFiles()
    let tls = try ServerTLS(certificate: files.path(certificate), key: files.path("\(certificate)-key"))
    let listener = try await TestListener.start(tls: tls)
    let url = listener.url(secure: true, host: "localhost")
    let key = try NIOSSLCertificate(
      bytes: Array((certificate == "past" ? TestPEM.past : TestPEM.stranger).utf8), format: .pem)
    let pin = try #require(KeyPin(of: key))
    let error = await failure {
      _ = try await TestClient.connect(url) { $0.trust = .file(files.path(authority)).pinned(to: [pin]) }
    }
    #expect(error?.message.contains(reason) == true, "\(error as Any)")
    let client = try await TestClient.connect(url) { $0.trust = .keys([pin]) }
    client.close()
    await listener.shutDown()
  }

  @Test func `pins that are added to pins leave those that are in both`() throws {
    let (server, second) = (try #require(KeyPin(hex: Self.server)), try #require(KeyPin(hex: Self.second)))
    #expect(Trust.keys([server, second]).pinned(to: [second]) == .keys([second]))
    #expect(Trust.keys([server]).pinned(to: [second]) == .keys([]))
    #expect(Trust.file("a").pinned(to: [server]) != .file("a"))
  }
}
