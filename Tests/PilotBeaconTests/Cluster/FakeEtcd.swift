import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An etcd on loopback that has one lease and nothing in it, and falls silent when it is told to, as behind a firewall that drops
/// packets: what is open stays open.
final class FakeEtcd: Sendable {
  private final class Script: Sendable {
    let isSilent = Mutex(false)
    /// The error that writes are answered with; nil takes them.
    let refusal = Mutex<String?>(nil)
  }

  private let channel: any Channel
  private let script: Script

  var port: Int { channel.localAddress?.port ?? 0 }

  private init(_ channel: any Channel, _ script: Script) { (self.channel, self.script) = (channel, script) }

  static func start() async throws -> FakeEtcd {
    let script = Script()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Responder(script))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakeEtcd(channel, script)
  }

  /// Answers nothing more, or answers again.
  func fallSilent(_ isSilent: Bool = true) { script.isSilent.withLock { $0 = isSilent } }

  /// Takes no more writes, or takes them again; nothing else is refused.
  func refuse(_ reason: String?) { script.refusal.withLock { $0 = reason } }

  func close() async throws { try await channel.close() }

  private final class Responder: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let script: Script
    private var path = ""

    init(_ script: Script) { self.script = script }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): path = head.uri
      case .body: break
      case .end:
        guard !script.isSilent.withLock({ $0 }) else { return }
        answer(context)
      }
    }

    private func answer(_ context: ChannelHandlerContext) {
      switch path {
      case "/v3/lease/grant": send(#"{"ID":"7","TTL":"15"}"#, context)
      case "/v3/lease/keepalive": send(#"{"result":{"ID":"7","TTL":"15"}}"#, context)
      case "/v3/kv/range": send(#"{"header":{"revision":"1"}}"#, context)
      case "/v3/kv/txn":
        guard let reason = script.refusal.withLock({ $0 }) else {
          return send(#"{"header":{"revision":"1"},"succeeded":true}"#, context)
        }
        send(#"{"code":8,"message":"\#(reason)"}"#, context, .tooManyRequests)
      case "/v3/watch":
        let line = #"{"result":{"header":{"revision":"1"},"created":true}}"# + "\n"
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: line)))), promise: nil)
      default: send("{}", context)
      }
    }

    private func send(_ json: String, _ context: ChannelHandlerContext, _ status: HTTPResponseStatus = .ok) {
      let fields: HTTPHeaders = ["Content-Length": "\(json.utf8.count)"]
      let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: json)))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
