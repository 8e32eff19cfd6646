import NIOCore
import NIOHTTP1

/// Answers every request that isn't upgraded, one per connection (wire reference, section 3): `/health` and `/healthz` with
/// 200 (503 while the listener drains), a plain GET of `/v1/compat` with 426, which tells a beacon from a proxy that only accepts TCP, an upgrade beyond the
/// capacity with 503, all else with 404.
final class WSSHTTPResponder: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart

  private enum State {
    case awaitingHead
    case awaitingEnd(HTTPRequestHead)
    /// The connection is about to be closed; requests behind the first one get no answer.
    case answered
  }

  private let subprotocols: () -> [PilotSubprotocol]
  private let isRefusing: () -> Bool
  private var state = State.awaitingHead

  /// - Parameters:
  ///   - subprotocols: What is spoken at the moment.
  ///   - isRefusing: Whether the listener drains.
  init(subprotocols: @escaping () -> [PilotSubprotocol], isRefusing: @escaping () -> Bool) {
    self.subprotocols = subprotocols
    self.isRefusing = isRefusing
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if case .awaitingHead = state { state = .awaitingEnd(head) }
    case .body:
      break
    case .end:
      guard case .awaitingEnd(let head) = state else { return }
      state = .answered
      answer(to: head).send(to: head, in: context)
    }
  }

  private func answer(to head: HTTPRequestHead) -> HTTPAnswer {
    switch (head.targetPath, head.method) {
    case ("/health", .GET), ("/health", .HEAD), ("/healthz", .GET), ("/healthz", .HEAD):
      return isRefusing() ? HTTPAnswer(.serviceUnavailable, "draining\n") : HTTPAnswer(.ok, "ok\n")
    case ("/health", _), ("/healthz", _):
      return HTTPAnswer(.methodNotAllowed, "Health is asked for with GET.\n", fields: ["Allow": "GET, HEAD"])
    case (WSSURL.defaultPath[...], _):
      return explain(head)
    default:
      return HTTPAnswer(
        .notFound, "This is a Pilot beacon: WebSocket at \(WSSURL.defaultPath), health at /health.\n")
    }
  }

  /// Why a request to upgrade wasn't granted.
  private func explain(_ head: HTTPRequestHead) -> HTTPAnswer {
    do {
      _ = try WebSocketHandshake.accept(head, subprotocols: subprotocols())
    } catch {
      return HTTPAnswer(error.status, "\(error)\n", fields: Self.fields(for: error.status))
    }
    if head.announcesBody { return HTTPAnswer(.badRequest, "A WebSocket handshake must not have a body.\n") }
    // The request was in order, so it was the capacity.
    let reason = isRefusing() ? "This beacon is shutting down.\n" : "This beacon is at capacity.\n"
    return HTTPAnswer(.serviceUnavailable, reason, fields: ["Retry-After": "5"])
  }

  private static func fields(for status: HTTPResponseStatus) -> HTTPHeaders {
    switch status {
    case .methodNotAllowed: ["Allow": "GET"]
    case .upgradeRequired: ["Upgrade": "websocket", "Sec-WebSocket-Version": WebSocketHandshake.version]
    default: [:]
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A declined upgrade is answered like any request; anything else ends the connection.
    if error is WSSServerUpgrader.Declined { return }
    context.close(promise: nil)
  }
}
