import NIOCore
import NIOHTTP1

/// Plugs the WebSocket handshake (RFC 6455, section 4.1) into the HTTP client's upgrade.
final class CompatClientUpgrader: NIOHTTPClientProtocolUpgrader {
  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  private let key = WebSocketKey.random()
  private let onUpgrade: (ChannelHandlerContext) -> Void

  init(onUpgrade: @escaping (ChannelHandlerContext) -> Void) {
    self.onUpgrade = onUpgrade
  }

  func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
    upgradeRequestHeaders.add(contentsOf: WebSocketHandshake.requestFields(key: key))
  }

  func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
    do {
      try WebSocketHandshake.verify(upgradeResponse, key: key)
      return true
    } catch {
      return false
    }
  }

  func upgrade(context: ChannelHandlerContext, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
    onUpgrade(context)
    return context.eventLoop.makeSucceededVoidFuture()
  }
}
