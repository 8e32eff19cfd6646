import NIOCore
import NIOPosix
import NIOSSL
import PilotFixtures
import Synchronization

/// A registry that answers as it is told to; nil gives no answer.
final class FakeRegistry: Sendable {
  private let channel: any Channel
  private let log: Log

  var port: Int { channel.localAddress?.port ?? 0 }
  var requests: [String] { log.requests.withLock { $0 } }
  /// Connections that the other side has closed, or this one.
  var closed: Int { log.closed.withLock { $0 } }

  private init(channel: any Channel, log: Log) {
    self.channel = channel
    self.log = log
  }

  /// One that gives the same answer to everything.
  ///
  /// - Parameter tls: Whose certificate it shows; nil speaks in clear text.
  static func start(
    tls: ThrowawayAuthority? = nil, _ answer: @escaping @Sendable () -> String?
  ) async throws -> FakeRegistry {
    try await start(tls: tls, answering: { _ in answer() })
  }

  /// One that answers requests, each given as its JSON.
  static func start(
    tls: ThrowawayAuthority? = nil, answering answer: @escaping @Sendable (String) -> String?
  ) async throws -> FakeRegistry {
    let log = Log()
    let context = try tls.map { tls in
      try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: try NIOSSLCertificate.fromPEMFile(tls.certificatePath).map { .certificate($0) },
          privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.keyPath, format: .pem))))
    }
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
          try channel.pipeline.syncOperations.addHandler(Responder(log: log, answer: answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakeRegistry(channel: channel, log: log)
  }

  func close() async throws { try await channel.close() }

  private final class Log: Sendable {
    let requests = Mutex<[String]>([])
    let closed = Mutex(0)
  }

  private final class Responder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: Log
    private let answer: (String) -> String?

    init(log: Log, answer: @escaping (String) -> String?) {
      self.log = log
      self.answer = answer
    }

    func channelInactive(context: ChannelHandlerContext) {
      log.closed.withLock { $0 += 1 }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var request = unwrapInboundIn(data)
      guard let length = request.readInteger(as: UInt32.self), let text = request.readString(length: Int(length)) else {
        return
      }
      log.requests.withLock { $0.append(text) }
      guard let answer = answer(text) else { return }
      var reply = ByteBuffer()
      reply.writeInteger(UInt32(answer.utf8.count))
      reply.writeString(answer)
      context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
    }
  }
}
