import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// One request over a connection of its own: they are rare, a lookup once for each connecting node and a few minutes.
enum RegistryLookup {
  /// The longest answer taken, in bytes (wire reference, section 7).
  static let maximumLength = 1_048_576

  /// The key of a node, or nil when the registry says that there is none. Fails with `KeyDirectoryError`.
  typealias Answer = EventLoopFuture<PublicKey?>

  /// An answer to come.
  static func promise() -> EventLoopPromise<PublicKey?> {
    MultiThreadedEventLoopGroup.singleton.next().makePromise()
  }

  private static func noAnswer(host: String, port: Int, isSecure: Bool, _ cause: any Error) -> KeyDirectoryError {
    let advice =
      isSecure ? "check that it runs, speaks TLS, and that its certificate or key is trusted" : "check that it runs"
    return KeyDirectoryError(
      code: .unavailable, message: "the registry at \(host):\(port) gave no answer; \(advice)", cause: cause)
  }

  /// A message as it is sent: `length:4 · JSON`.
  static func framed(_ json: String) -> [UInt8] {
    [UInt8](rawCapacity: 4 + json.utf8.count) { output in
      output.append(bigEndian: UInt32(json.utf8.count))
      output.append(contentsOf: Array(json.utf8).span.raw)
    }
  }

  /// Asks for the key of a node.
  static func ask(
    _ node: NodeID, by exchange: ([UInt8]) -> EventLoopFuture<[UInt8]>
  ) -> Answer {
    exchange(RegistryAnswer.request(for: node)).flatMapThrowing { try RegistryAnswer(json: $0).key(of: node) }
  }

  /// The JSON that answers a request. Fails with `KeyDirectoryError`.
  ///
  /// - Parameter tls: What secures the connection; nil asks in clear text, and only at an ``PilotWire/Endpoint/isPrivate``
  ///   address.
  /// - Parameter end: When it ends, nobody wants the answer any more, and the connection is closed; nil if somebody always does.
  static func exchange(
    host: String, port: Int, tls: ClientTLS?, request: [UInt8], limit: Duration, until end: Answer? = nil
  ) -> EventLoopFuture<[UInt8]> {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let answer = loop.makePromise(of: [UInt8].self)
    let connecting = ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(limit))
      .channelInitializer { channel in
        end?.whenComplete { _ in channel.close(promise: nil) }
        return channel.eventLoop.makeCompletedFuture {
          try tls?.secure(channel, to: host)
          try channel.pipeline.syncOperations.addHandler(
            Handler(
              request: request, answer: answer, limit: limit, isSecure: tls != nil))
        }
      }
      .connect(host: host, port: port)
    connecting.whenFailure { answer.fail($0) }
    return answer.futureResult.flatMapErrorThrowing { error in
      throw error as? KeyDirectoryError ?? noAnswer(host: host, port: port, isSecure: tls != nil, error)
    }
  }

  /// Sends the request, and collects `length:4 · JSON`.
  final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private let answer: EventLoopPromise<[UInt8]>
    private let limit: Duration
    private let isSecure: Bool
    private var received = ByteBuffer()
    private var timer: Scheduled<Void>?

    init(request: [UInt8], answer: EventLoopPromise<[UInt8]>, limit: Duration, isSecure: Bool) {
      self.request = request
      self.answer = answer
      self.limit = limit
      self.isSecure = isSecure
    }

    func channelActive(context: ChannelHandlerContext) {
      let channel = context.channel
      // A name can have come to mean another address.
      guard isSecure || channel.remoteAddress.flatMap({ Endpoint(address: $0) })?.isPrivate == true else {
        answer.fail(RegistryDirectory.inClearText)
        return channel.close(promise: nil)
      }
      timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      received.writeBuffer(&bytes)
      guard let length = received.getInteger(at: received.readerIndex, as: UInt32.self) else { return }
      guard length <= RegistryLookup.maximumLength else {
        answer.fail(KeyDirectoryError(code: .invalidAnswer, message: "the registry's answer is longer than 1 MiB"))
        return context.close(promise: nil)
      }
      guard let json = received.getBytes(at: received.readerIndex + 4, length: Int(length)) else { return }
      answer.succeed(json)
      context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      answer.fail(error)
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      timer?.cancel()
      // Without effect after an answer.
      answer.fail(ChannelError.eof)
    }
  }
}
