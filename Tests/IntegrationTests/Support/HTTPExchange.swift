import NIOCore
import NIOPosix
import PilotWSS
import PilotWire

/// One HTTP request over a connection of its own, byte by byte.
enum HTTPExchange {
  /// Sends a text, and returns all that comes until the other end closes.
  static func answer(to request: String, from address: Endpoint) async throws -> String {
    try await begin(request, at: address).get()
  }

  /// Connects and sends a text.
  ///
  /// - Returns: What will have come when the other end closes.
  static func begin(_ request: String, at address: Endpoint) async throws -> EventLoopFuture<String> {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: String.self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(answer))
        }
      }
      .connect(host: "127.0.0.1", port: Int(address.port)).get()
    try await channel.writeAndFlush(ByteBuffer(string: request)).get()
    return answer.futureResult
  }

  /// Connects, sends a text, and never reads what comes. The kernel holds little of it.
  static func stall(_ request: String, at address: Endpoint) async throws -> any Channel {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: false)
      .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
      .connect(host: "127.0.0.1", port: Int(address.port)).get()
    try await channel.writeAndFlush(ByteBuffer(string: request)).get()
    return channel
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<String>
    private var text = ""

    init(_ answer: EventLoopPromise<String>) {
      self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      answer.succeed(text)
    }
  }
}
