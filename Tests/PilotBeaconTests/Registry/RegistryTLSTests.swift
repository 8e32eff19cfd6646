import NIOCore
import NIOEmbedded
import NIOSSL
import PilotFixtures
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon
@testable import PilotWSS

@Suite("A registry over TLS, and one in clear text", .timeLimit(.minutes(1)))
struct RegistryTLSTests {
  private let node = NodeID.test(7)

  @Test("Trusted by its authority or by its key it is asked; by neither it isn't")
  func trust() async throws {
    let key = Identity().publicKey
    let authority = try ThrowawayAuthority()
    defer { authority.remove() }
    let certificate = try #require(try NIOSSLCertificate.fromPEMFile(authority.certificatePath).first)
    let pin = try #require(KeyPin(of: certificate))
    let other = try #require(KeyPin(hex: String(repeating: "0", count: 64)))
    let registry = try await FakeRegistry.start(tls: authority) {
      #"{"type":"lookup_ok","node_id":7,"public_key":"\#(key.base64)"}"#
    }
    for trust in [Trust.file(authority.authorityPath), .keys([pin]), .keys([other, pin])] {
      let directory = try RegistryDirectory(host: "127.0.0.1", port: registry.port, trusting: trust)
      #expect(try await directory.publicKey(of: node) == key)
    }
    #expect(registry.requests.count == 3)
    for trust in [Trust.system, .keys([other]), .keys([])] {
      let directory = try RegistryDirectory(host: "127.0.0.1", port: registry.port, trusting: trust)
      let error = await #expect(throws: KeyDirectoryError.self) { try await directory.publicKey(of: node) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("trusted") == true)
    }
    #expect(registry.requests.count == 3)
    try await registry.close()
  }

  @Test(
    "In clear text it is asked on this machine and on private networks only",
    arguments: [
      ("127.0.0.1", true), ("10.1.2.3", true), ("172.16.0.1", true), ("172.31.255.255", true), ("192.168.0.1", true),
      ("169.254.1.1", true), ("::1", true), ("fd00::1", true), ("fc00::1", true), ("fe80::1", true),
      ("8.8.8.8", false), ("11.0.0.1", false), ("172.15.0.1", false), ("172.32.0.1", false), ("192.169.0.1", false),
      ("100.64.0.1", false), ("0.0.0.0", false), ("2001:db8::1", false), ("::2", false), ("fec0::1", false),
      ("ff02::1", false), ("::ffff:8.8.8.8", false), ("::ffff:10.0.0.1", true),
    ])
  func reach(_ host: String, isPrivate: Bool) throws {
    #expect(RegistryDirectory.mayAskInClearText(host: host, port: 9_000) == isPrivate)
    let address = try SocketAddress(ipAddress: host, port: 9_000)
    let channel = EmbeddedChannel()
    let answer = channel.eventLoop.makePromise(of: [UInt8].self)
    try channel.pipeline.syncOperations.addHandler(
      RegistryLookup.Handler(request: [1, 2, 3], answer: answer, limit: .seconds(1), isSecure: false))
    // Whatever the name meant when the beacon started.
    try channel.connect(to: address).wait()
    let sent = try channel.readOutbound(as: ByteBuffer.self)
    #expect((sent != nil) == isPrivate)
    answer.fail(ChannelError.eof)
    _ = try? channel.finish()
  }
}
