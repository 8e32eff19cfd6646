package import NIOCore
package import NIOHTTP1
import NIOSSL

/// Reads the one HTTP request of a connection, and answers it or upgrades the connection. Confined to the event loop.
///
/// It stands where a pipeline of decoder, encoder and upgrade handlers would: what comes behind the head is never taken for
/// HTTP, a broken or too long head is answered with 400 or 431, and each connection that isn't served ends with one call that
/// says why.
package final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  /// What to do about a request.
  package enum Decision {
    /// Send it, and close. An error is reported with this reason.
    case answer(HTTPAnswer, HandshakeFailure.Reason = .refusedRequest)
    /// Send 101 with these fields; the second value takes the connection over, at the end of the pipeline.
    case upgrade(HTTPHeaders, () throws -> Void)
    /// Send 200 with these fields; the second value takes the connection over, and sends what follows for as long as it likes.
    case stream(HTTPHeaders, () throws -> Void)
    /// It was closed.
    case none
  }

  private enum State {
    case reading
    /// The answer is on its way, or the connection is somebody else's: nothing more is read.
    case done
  }

  /// How long the other end may take to close after an answer while bytes of it are unread.
  private static let lingering: TimeAmount = .seconds(2)

  private let decide: (HTTPRequestHead) -> Decision
  private let fail: (HandshakeFailure.Reason, String?) -> Void
  private var reader = HTTPHeadReader()
  private var state = State.reading

  /// - Parameters:
  ///   - decide: Asked about the request, once.
  ///   - fail: Hears why the connection isn't served, once; not if it is.
  package init(
    decide: @escaping (HTTPRequestHead) -> Decision,
    fail: @escaping (HandshakeFailure.Reason, String?) -> Void
  ) {
    self.decide = decide
    self.fail = fail
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .reading = state else { return }
    let bytes = unwrapInboundIn(data)
    if reader.bytes.readableBytes == 0, ProxyHeader.isBegun(by: bytes.readableBytesSpan) {
      end(.proxyUntrusted, nil)
      return context.close(promise: nil)
    }
    do throws(HTTPHeadReader.Fault) {
      guard let head = try reader.read(bytes) else { return }
      state = .done
      serve(head, context)
    } catch {
      state = .done
      refuse(error, context)
    }
  }

  private func serve(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    switch decide(head) {
    case .answer(let answer, let reason):
      if answer.isError { fail(reason, "\(answer.status.code)") }
      send(answer, to: head, context)
    case .upgrade(let fields, let takeOver):
      var all: HTTPHeaders = ["Connection": "Upgrade", "Upgrade": "websocket"]
      all.add(contentsOf: fields)
      handOver(.response(.switchingProtocols, all), takeOver, context)
    case .stream(let fields, let takeOver):
      handOver(.response(.ok, fields), takeOver, context)
    case .none:
      break
    }
  }

  private func handOver(_ head: ByteBuffer, _ takeOver: () throws -> Void, _ context: ChannelHandlerContext) {
    // What takes over flushes: its first message leaves with this.
    context.write(wrapOutboundOut(head), promise: nil)
    do {
      try takeOver()
    } catch {
      fail(.broken, nil)
      return context.close(promise: nil)
    }
    let rest = reader.takeRest()
    if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func refuse(_ fault: HTTPHeadReader.Fault, _ context: ChannelHandlerContext) {
    switch fault {
    case .notHTTP:
      fail(.notHTTP, nil)
      context.close(promise: nil)
    case .tooLarge:
      fail(.headTooLarge, nil)
      send(HTTPAnswer(.requestHeaderFieldsTooLarge, "The request's head is too large.\n"), context)
    case .malformed(let what):
      fail(.badRequest, what)
      send(HTTPAnswer(.badRequest, "The request is broken: \(what).\n"), context)
    }
  }

  private func send(_ answer: HTTPAnswer, to head: HTTPRequestHead? = nil, _ context: ChannelHandlerContext) {
    let isRead = head.map { !$0.announcesBody } ?? false && reader.takeRest().readableBytes == 0
    let written = context.eventLoop.makePromise(of: Void.self)
    let channel = context.channel
    written.futureResult.assumeIsolated().whenComplete { _ in
      guard !isRead else { return channel.close(promise: nil) }
      // With bytes unread, closing both directions makes the kernel send a reset, which can overtake the answer.
      channel.close(mode: .output, promise: nil)
      let limit = channel.eventLoop.scheduleTask(in: Self.lingering) { channel.cutOff() }
      channel.closeFuture.whenComplete { _ in limit.cancel() }
    }
    context.writeAndFlush(wrapOutboundOut(answer.bytes(isHead: head?.method == .HEAD)), promise: written)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(HandshakeFailure.Reason(error), HandshakeFailure.detail(of: error))
    context.close(promise: nil)
  }

  package func channelInactive(context: ChannelHandlerContext) {
    end(.hungUp, nil)
    context.fireChannelInactive()
  }

  private func end(_ reason: HandshakeFailure.Reason, _ detail: String?) {
    guard case .reading = state else { return }
    state = .done
    fail(reason, detail)
  }
}

extension HTTPRequestHead {
  /// Whether a body follows. A handshake has none (RFC 6455, section 4.1): the bytes behind it are frames.
  package var announcesBody: Bool {
    headers.contains(name: "Transfer-Encoding") || headers["Content-Length"].contains { $0 != "0" }
  }
}
