import NIOCore
import NIOEmbedded
import NIOSSL
import PilotTransport
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct CutOffTests {
  /// A channel with TLS whose handshake is complete.
  private func secured() throws -> EmbeddedChannel {
    var trusting = TLSConfiguration.makeClientConfiguration()
    trusting.certificateVerification = .none
    let serverSide = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(TestPEM.server.utf8), format: .pem))],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(TestPEM.serverKey.utf8), format: .pem)))
    let (client, server) = (EmbeddedChannel(), EmbeddedChannel())
    try server.pipeline.syncOperations.addHandler(
      NIOSSLServerHandler(context: NIOSSLContext(configuration: serverSide)))
    try client.pipeline.syncOperations.addHandler(
      NIOSSLClientHandler(context: NIOSSLContext(configuration: trusting), serverHostname: nil))
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
    try server.connect(to: address).wait()
    try client.connect(to: address).wait()
    var isMoving = true
    while isMoving {
      isMoving = false
      for (from, to) in [(client, server), (server, client)] {
        while let bytes = try from.readOutbound(as: ByteBuffer.self) {
          isMoving = true
          try to.writeInbound(bytes)
        }
      }
    }
    return client
  }

  @Test func `closing through TLS waits for the peer, cutting off does not`() throws {
    let patient = try secured()
    patient.close(promise: nil)
    #expect(patient.isActive)
    let cut = try secured()
    cut.cutOff()
    #expect(!cut.isActive)
    // TLS's own timer finds nothing left to do.
    cut.embeddedEventLoop.advanceTime(by: .seconds(60))
  }

  @Test func `a channel without TLS is cut off as well`() throws {
    let channel = EmbeddedChannel()
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    channel.cutOff()
    #expect(!channel.isActive)
  }

  @Test func `a peer that is silent behind TLS is given up when its pong is overdue, not seconds later`() throws {
    let channel = try secured()
    let peer = RecordingPeer()
    var times = WebSocketTimes()
    times.keepalive = Keepalive.Configuration()
    times.authentication = .seconds(600)
    let queue = OutboundQueue(
      role: .client, limits: OutboundQueue.Limits(bytes: 1_000, age: .seconds(1)), overflow: .refuseNewest,
      now: { MonotonicInstant(nanoseconds: 0) })
    try channel.pipeline.syncOperations.addHandler(
      WebSocketChannelHandler(role: .client, peer: peer, outbound: queue, times: times))
    channel.embeddedEventLoop.advanceTime(by: .seconds(39))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
    #expect(peer.end == "silent 10.0 seconds")
  }

  @Test func `a peer that does not answer a Close behind TLS is cut off when its time is over`() throws {
    let channel = try secured()
    let peer = RecordingPeer()
    var times = WebSocketTimes()
    times.closing = .seconds(2)
    let queue = OutboundQueue(
      role: .server, limits: OutboundQueue.Limits(bytes: 1_000, age: .seconds(1)), overflow: .dropOldest,
      now: { MonotonicInstant(nanoseconds: 0) })
    try channel.pipeline.syncOperations.addHandler(
      WebSocketChannelHandler(role: .server, peer: peer, outbound: queue, times: times))
    peer.link?.perform(.close(WebSocketCloseFrame(.normal)))
    channel.embeddedEventLoop.advanceTime(by: .seconds(2))
    #expect(!channel.isActive)
    #expect(peer.end == "closed here 1000 ")
  }
}
