import PilotTransport
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct ClientTrustTests {
  @Test func `an authority that takes another's place in the file is trusted from the next connection on`() async throws
  {
    let files = try TestFiles()
    try files.write(TestPEM.authority, to: "trusted")
    let tls = try ServerTLS(certificate: files.path("server"), key: files.path("server-key"))
    var listener = try await TestListener.start(tls: tls)
    let client = try await TestClient.connect(listener.url(secure: true, host: "localhost")) {
      $0.trust = .file(files.path("trusted"))
    }
    await client.expectConnected()

    try files.write(TestPEM.otherAuthority, to: "trusted")
    await listener.shutDown()
    listener = try await TestListener.start(tls: tls, address: listener.address)
    while try await client.reasonToReconnect().code != .tlsFailed {}

    try files.write(TestPEM.authority, to: "trusted")
    try await client.waitUntilReconnected()
    client.close()
    await listener.shutDown()
  }

  @Test func `a file that is broken or gone leaves the authorities from before, and is told of once`() throws {
    let files = try TestFiles()
    try files.write(TestPEM.authority, to: "trusted")
    let trust = try ClientTrust(.file(files.path("trusted")))
    #expect(trust.isCurrent)

    try files.write("nothing", to: "trusted")
    #expect(!trust.isCurrent)
    let error = #expect(throws: TransportError.self) { try trust.renew() }
    #expect(error?.message.contains(files.path("trusted")) == true)
    #expect(trust.isCurrent)

    try files.remove("trusted")
    #expect(!trust.isCurrent)
    #expect(throws: TransportError.self) { try trust.renew() }
    #expect(trust.isCurrent)

    try files.write(TestPEM.otherAuthority, to: "trusted")
    #expect(!trust.isCurrent)
    try trust.renew()
    #expect(trust.isCurrent)
  }

  @Test func `what the environment and the system name is looked at, too`() throws {
    let files = try TestFiles()
    try files.write(TestPEM.authority, to: "trusted")
    let directory = try files.makeDirectory("authorities", of: "ca")
    let system = SystemAuthorities(files: ["/nonexistent", files.path("trusted")], directories: [])
    let all = [
      try ClientTrust(.system(variables: AuthorityVariables(["SSL_CERT_FILE": files.path("trusted")]))),
      try ClientTrust(.system(variables: AuthorityVariables([:])), system: system),
    ]
    let listing = try ClientTrust(.system(variables: AuthorityVariables(["SSL_CERT_DIR": directory])))
    let bytes = try ClientTrust(.pem(Array(TestPEM.authority.utf8)))
    try files.write(TestPEM.otherAuthority + TestPEM.authority, to: "trusted")
    #expect(all.allSatisfy { !$0.isCurrent })
    #expect(listing.isCurrent)
    try files.write(TestPEM.otherAuthority, to: "authorities/another")
    #expect(!listing.isCurrent)
    #expect(bytes.isCurrent)
  }
}
