import NIOCore
import NIOHTTP1
import NIOPosix
import PilotTransport
import PilotWSS
import PilotWire

/// Why a request to etcd gave nothing.
struct EtcdError: Error, CustomStringConvertible {
  /// One sentence without a full stop.
  let description: String
  /// etcd's own code (gRPC's), if it has answered with one.
  var code: Int?
  /// Whether there is no such lease any more.
  var isLeaseGone: Bool { description.contains("lease not found") }
  /// Whether what was asked for isn't kept any more.
  var isCompacted: Bool { description.contains("compacted") }

  init(_ description: String, code: Int? = nil) { (self.description, self.code) = (description, code) }
}

/// One connection to etcd's JSON gateway, kept from one request to the next: HTTP/1.1 on SwiftNIO, one request at a time.
final class EtcdConnection: Sendable {
  /// The longest answer, and the longest line of a watch, in bytes.
  static let longestAnswer = 16 << 20
  /// From a request to the whole of its answer.
  static let limit: Duration = .seconds(5)

  private let channel: any Channel
  private let host: String

  private init(_ channel: any Channel, _ host: String) { (self.channel, self.host) = (channel, host) }

  /// Dials.
  ///
  /// - Parameter limit: How long that may take, and each answer afterwards.
  static func open(
    _ url: EtcdURL, tls: ClientTLS?, limit: Duration = limit
  ) async throws(EtcdError) -> EtcdConnection {
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(limit))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if url.isSecure { try tls?.secure(channel, to: url.host) }
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(EtcdHandler(limit))
          }
        }
        .connect(host: url.host, port: Int(url.port)).get()
      // A name can have come to mean another address.
      guard url.isSecure || channel.remoteAddress.flatMap({ Endpoint(address: $0) })?.isPrivate == true else {
        channel.close(promise: nil)
        throw EtcdError(
          "\(url) is neither on this machine nor on a private network, and would be asked in clear text; use https")
      }
      return EtcdConnection(channel, HostPort(host: url.host, port: url.port).description)
    } catch let error as EtcdError {
      throw error
    } catch {
      throw EtcdError("\(url) can't be reached: \(error)")
    }
  }

  /// Ends it, and whatever is under way.
  func close() { channel.close(promise: nil) }

  /// The answer to a request.
  func post(_ path: String, _ body: [UInt8]) async throws(EtcdError) -> [UInt8] {
    do {
      return try await send(path, body, onLine: nil).get()
    } catch {
      throw Self.reason(error)
    }
  }

  /// Begins a request whose answer has no end. On the connection's event loop it calls one closure with each line, and another one,
  /// last, when the answer has ended all the same.
  func stream(
    _ path: String, _ body: [UInt8], onLine: @escaping @Sendable ([UInt8]) -> Void,
    onEnd: @escaping @Sendable (EtcdError) -> Void
  ) {
    send(path, body, onLine: onLine).whenComplete { result in
      switch result {
      case .success: onEnd(EtcdError("etcd has ended the watch"))
      case .failure(let error): onEnd(Self.reason(error))
      }
    }
  }

  private func send(
    _ path: String, _ body: [UInt8], onLine: (@Sendable ([UInt8]) -> Void)?
  ) -> EventLoopFuture<[UInt8]> {
    let answer = channel.eventLoop.makePromise(of: [UInt8].self)
    // Without effect if there is an answer.
    channel.writeAndFlush(EtcdCall(host: host, path: path, body: body, onLine: onLine, answer: answer))
      .whenFailure { answer.fail($0) }
    return answer.futureResult
  }

  private static func reason(_ error: any Error) -> EtcdError { error as? EtcdError ?? EtcdError("\(error)") }
}

/// A request, and who takes its answer.
private struct EtcdCall: Sendable {
  let host: String
  let path: String
  let body: [UInt8]
  /// Takes the answer line by line as it comes; nil if it is wanted as a whole.
  let onLine: (@Sendable ([UInt8]) -> Void)?
  let answer: EventLoopPromise<[UInt8]>
}

/// Puts requests and answers together. What isn't an answer ends the connection.
private final class EtcdHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundIn = EtcdCall
  typealias OutboundOut = HTTPClientRequestPart

  private var call: EtcdCall?
  private var status = HTTPResponseStatus.ok
  private var received: [UInt8] = []
  /// Where the search for the end of a line goes on.
  private var searched = 0
  private var timer: Scheduled<Void>?
  private let limit: Duration

  init(_ limit: Duration) { self.limit = limit }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let next = unwrapOutboundIn(data)
    guard call == nil, context.channel.isActive else {
      next.answer.fail(EtcdError("the connection is closed, or busy"))
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    call = next
    let channel = context.channel
    timer = context.eventLoop.scheduleTask(in: TimeAmount(limit)) { channel.close(promise: nil) }
    var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: next.path)
    head.headers = [
      "Host": next.host, "Content-Type": "application/json", "Content-Length": "\(next.body.count)",
      "User-Agent": "pilot/\(PackageVersion.text)",
    ]
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: next.body)))), promise: nil)
    context.write(wrapOutboundOut(.end(nil)), promise: promise)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      status = head.status
      // A watch goes on for as long as it goes on.
      if call?.onLine != nil, status == .ok { timer?.cancel() }
    case .body(let buffer):
      received.append(contentsOf: buffer.readableBytesView)
      if status == .ok, let onLine = call?.onLine { takeLines(onLine) }
      guard received.count <= EtcdConnection.longestAnswer else {
        return end(context, EtcdError("an answer has more than \(EtcdConnection.longestAnswer) bytes"))
      }
    case .end:
      timer?.cancel()
      guard let call else { return context.close(promise: nil) }
      self.call = nil
      let body = received
      (received, searched) = ([], 0)
      guard status == .ok else {
        let failure = EtcdAnswer.read(EtcdAnswer.Failure.self, body)
        let reason = (failure?.message ?? status.reasonPhrase).escapedExcerpt(120)
        return call.answer.fail(EtcdError("\(status.code): \(reason)", code: failure?.code))
      }
      call.answer.succeed(body)
    }
  }

  private func takeLines(_ onLine: ([UInt8]) -> Void) {
    var start = 0
    while let end = received[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
      onLine(Array(received[start..<end]))
      start = end + 1
      searched = start
    }
    received.removeFirst(start)
    searched = received.count
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(context, EtcdError("\(error)")) }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    call?.answer.fail(EtcdError("the connection has ended, or there was no answer in time"))
    call = nil
  }

  private func end(_ context: ChannelHandlerContext, _ error: EtcdError) {
    call?.answer.fail(error)
    call = nil
    context.close(promise: nil)
  }
}
