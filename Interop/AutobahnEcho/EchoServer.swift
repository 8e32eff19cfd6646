import NIOCore
import NIOHTTP1
import NIOPosix
import PilotWSS

/// Echoes on every connection to a port of its own on loopback, until the process is ended.
enum EchoServer {
  static func run() async throws {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withServerUpgrade: (upgraders: [EchoServerUpgrader()], completionHandler: { _ in }))
        }
      }
      .bind(host: "127.0.0.1", port: 0)
      .get()
    guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
    report("ws://127.0.0.1:\(port)")
    try await channel.closeFuture.get()
  }
}

/// The server's opening handshake, held to what a beacon demands.
private final class EchoServerUpgrader: HTTPServerProtocolUpgrader {
  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    channel.eventLoop.makeCompletedFuture {
      let (key, subprotocol) = try WebSocketHandshake.accept(upgradeRequest, subprotocols: [.v1])
      var headers = initialResponseHeaders
      headers.add(contentsOf: WebSocketHandshake.responseFields(answering: key, subprotocol: subprotocol))
      return headers
    }
  }

  func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
    context.eventLoop.makeCompletedFuture {
      try context.pipeline.syncOperations.addHandler(EchoPeer.makeHandler(.server))
    }
  }
}
