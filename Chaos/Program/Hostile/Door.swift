import NIOCore
import NIOPosix
import NIOSSL
import PilotWSS
import PilotWire

/// The beacon's WebSocket port, and ways to come to it.
struct Door: Sendable {
  let endpoint: Endpoint
  private let tls: NIOSSLContext

  /// - Parameter authority: A PEM file with the certificate authority to trust.
  init(endpoint: Endpoint, authority: String) throws {
    self.endpoint = endpoint
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
    tls = try NIOSSLContext(configuration: configuration)
  }

  /// Opens a connection that does nothing by itself.
  ///
  /// - Parameters:
  ///   - isSecure: Whether it begins a TLS handshake.
  ///   - reads: Whether it reads: without, that handshake stops behind the first message.
  func knock(isSecure: Bool, reads: Bool = true) async throws -> any Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      .channelInitializer { [tls] channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if isSecure { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost")) }
          try pipeline.addHandler(Indifference())
        }
      }
      .connect(to: SocketAddress(endpoint: endpoint)).get()
  }

  /// Opens a secure connection to talk over, and closes it afterwards.
  func enter(within limit: Duration, _ body: @escaping (consuming Talk) async throws -> Void) async throws {
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(to: SocketAddress(endpoint: endpoint)) { [tls] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let expiry = client.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { client.channel.close(promise: nil) }
    defer { expiry.cancel() }
    try await client.executeThenClose { inbound, outbound in
      try await body(Talk(inbound: inbound.makeAsyncIterator(), outbound: outbound))
    }
  }

  /// The request to upgrade, as deployed nodes make it.
  var request: String { request("pilot.v1") }

  /// The same of a node that names its beacon.
  var requestNaming: String { request("pilot.v2") }

  private func request(_ subprotocol: String) -> String {
    var text = "GET \(WSSURL.defaultPath) HTTP/1.1\r\nHost: localhost:\(endpoint.port)\r\n"
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    text += "Sec-WebSocket-Key: \(WebSocketKey.random().text)\r\nSec-WebSocket-Protocol: \(subprotocol)\r\n\r\n"
    return text
  }
}

/// Takes no notice of what comes.
private final class Indifference: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
