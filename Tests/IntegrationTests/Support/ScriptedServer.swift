import NIOCore
import NIOPosix
import PilotTesting

/// What answers in the place of a beacon, or stands before one: a server that does what it is told with the head of each request.
/// Its connections are counted in the order in which they come.
final class ScriptedServer: Sendable {
  /// What becomes of a request.
  enum Step: Sendable {
    /// It is answered so, and the connection takes another one.
    case answer(String)
    /// It is answered 200, and the connection leads to this port from now on, as CONNECT has it.
    case tunnel(Int)
  }

  /// The heads of requests so far, with the end of the last line.
  let requests = Watched<[String]>([])
  /// How many connections there were.
  let connections = Watched(0)
  private let server: any Channel

  private init(_ server: any Channel) { self.server = server }

  /// Listens on a port of loopback.
  static func start(_ step: @escaping @Sendable (String) -> Step) async throws -> ScriptedServer {
    let started = Watched<ScriptedServer?>(nil)
    // One loop, so that what comes first is seen first.
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton.any())
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Reader { head in
              started.value?.requests.update { $0.append(head) }
              return step(head)
            })
          // It is known before anything connects: nobody knows the port earlier.
          started.value?.connections.update { $0 += 1 }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let scripted = ScriptedServer(server)
    started.update { $0 = scripted }
    return scripted
  }

  var port: Int { server.localAddress?.port ?? 0 }

  func stop() async { try? await server.close() }

  private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let step: (String) -> Step
    private var head = ""
    private var exit: (any Channel)?

    init(_ step: @escaping (String) -> Step) { self.step = step }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let bytes = unwrapInboundIn(data)
      if let exit { return exit.writeAndFlush(bytes, promise: nil) }
      head += String(buffer: bytes)
      guard head.hasSuffix("\r\n\r\n") else { return }
      defer { head = "" }
      switch step(String(head.dropLast())) {
      case .answer(let text): context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
      case .tunnel(let port): lead(context, to: port)
      }
    }

    private func lead(_ context: ChannelHandlerContext, to port: Int) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      ClientBootstrap(group: context.eventLoop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(Exit(to: bound.value.1.channel))
          }
        }
        .connect(host: "127.0.0.1", port: port)
        .whenComplete { result in
          let (entry, context) = bound.value
          entry.exit = try? result.get()
          let answer = entry.exit == nil ? "HTTP/1.1 502 No\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n"
          context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { exit?.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  /// The far end of a tunnel.
  private final class Exit: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let entry: any Channel

    init(to entry: any Channel) { self.entry = entry }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      entry.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { entry.close(promise: nil) }
  }
}
