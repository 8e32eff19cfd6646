import NIOCore
import NIOHTTP1

/// Plugs the WebSocket handshake (RFC 6455, section 4.2) and the beacon's admission into the HTTP server's upgrade.
final class WSSServerUpgrader: HTTPServerProtocolUpgrader {
  /// Why an upgrade wasn't done. The ``WSSHTTPResponder`` then answers the request.
  struct Declined: Error {}

  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  private let subprotocols: () -> [PilotSubprotocol]
  private let admit: () -> Bool
  private let onUpgrade: (ChannelHandlerContext, PilotSubprotocol) throws -> Void
  private var chosen = PilotSubprotocol.v1

  /// - Parameters:
  ///   - subprotocols: What is spoken at the moment, the preferred one first.
  ///   - admit: Reserves a place for one more connection; false at capacity.
  ///   - onUpgrade: Adds the WebSocket handler, for the subprotocol that was chosen.
  init(
    subprotocols: @escaping () -> [PilotSubprotocol], admit: @escaping () -> Bool,
    onUpgrade: @escaping (ChannelHandlerContext, PilotSubprotocol) throws -> Void
  ) {
    self.subprotocols = subprotocols
    self.admit = admit
    self.onUpgrade = onUpgrade
  }

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    guard upgradeRequest.targetPath == WSSURL.defaultPath, !upgradeRequest.announcesBody,
      let accepted = try? WebSocketHandshake.accept(upgradeRequest, subprotocols: subprotocols()), admit()
    else {
      return channel.eventLoop.makeFailedFuture(Declined())
    }
    chosen = accepted.subprotocol
    var headers = initialResponseHeaders
    headers.add(
      contentsOf: WebSocketHandshake.responseFields(answering: accepted.key, subprotocol: accepted.subprotocol))
    return channel.eventLoop.makeSucceededFuture(headers)
  }

  func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
    do {
      try onUpgrade(context, chosen)
      return context.eventLoop.makeSucceededVoidFuture()
    } catch {
      return context.eventLoop.makeFailedFuture(error)
    }
  }
}

extension HTTPRequestHead {
  /// Whether a body follows. A handshake has none (RFC 6455, section 4.1): the bytes behind it are frames.
  var announcesBody: Bool {
    headers.contains(name: "Transfer-Encoding") || headers["Content-Length"].contains { $0 != "0" }
  }
}
