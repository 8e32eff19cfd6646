import NIOCore
import NIOHTTP1

/// Answers every request that isn't upgraded, one per connection (wire reference, section 3): `/health` and `/healthz` with
/// 200, a plain GET of `/v1/compat` with 426, which tells a beacon from a proxy that only accepts TCP, an upgrade beyond the
/// capacity with 503, all else with 404.
final class WSSHTTPResponder: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case awaitingHead
    case awaitingEnd(HTTPRequestHead)
    /// The connection is about to be closed; requests behind the first one get no answer.
    case answered
  }

  private var state = State.awaitingHead

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if case .awaitingHead = state { state = .awaitingEnd(head) }
    case .body:
      break
    case .end:
      guard case .awaitingEnd(let head) = state else { return }
      state = .answered
      let (status, text) = Self.answer(to: head)
      respond(status, text, to: head, context: context)
    }
  }

  static func answer(to head: HTTPRequestHead) -> (HTTPResponseStatus, String) {
    switch (head.targetPath, head.method) {
    case ("/health", .GET), ("/health", .HEAD), ("/healthz", .GET), ("/healthz", .HEAD):
      return (.ok, "ok\n")
    case ("/health", _), ("/healthz", _):
      return (.methodNotAllowed, "Health is asked for with GET.\n")
    case (WSSURL.defaultPath[...], _):
      do {
        _ = try WebSocketHandshake.accept(head)
        if head.announcesBody { return (.badRequest, "A WebSocket handshake must not have a body.\n") }
        // The request was in order, so it was the capacity.
        return (.serviceUnavailable, "This beacon is at capacity.\n")
      } catch {
        return (error.status, "\(error)\n")
      }
    default:
      return (.notFound, "This is a Pilot beacon: WebSocket at \(WSSURL.defaultPath), health at /health.\n")
    }
  }

  private func respond(
    _ status: HTTPResponseStatus, _ text: String, to request: HTTPRequestHead, context: ChannelHandlerContext
  ) {
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
    head.headers.add(name: "Content-Length", value: String(text.utf8.count))
    if status == .methodNotAllowed {
      let isHealth = request.targetPath != WSSURL.defaultPath
      head.headers.add(name: "Allow", value: isHealth ? "GET, HEAD" : "GET")
    }
    if status == .upgradeRequired {
      head.headers.add(name: "Upgrade", value: "websocket")
      head.headers.add(name: "Sec-WebSocket-Version", value: WebSocketHandshake.version)
      head.headers.add(name: "Connection", value: "Upgrade, close")
    } else {
      head.headers.add(name: "Connection", value: "close")
    }
    if status == .serviceUnavailable { head.headers.add(name: "Retry-After", value: "5") }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A declined upgrade is answered like any request; anything else ends the connection.
    if error is WSSServerUpgrader.Declined { return }
    context.close(promise: nil)
  }
}
