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
    }
    await listener.shutDown()
  }
}
