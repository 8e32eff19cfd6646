import NIOCore
import NIOHTTP1

/// Plugs the WebSocket handshake (RFC 6455, section 4.1) into the HTTP client's upgrade.
final class WSSClientUpgrader: NIOHTTPClientProtocolUpgrader {
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
    fault(in: upgradeResponse) == nil
  }

  /// What is wrong with an answer to the request that was sent, if anything is.
  func fault(in response: HTTPResponseHead) -> WebSocketResponseError? {
    do throws(WebSocketResponseError) {
      try WebSocketHandshake.verify(response, key: key)
      return nil
    } catch {
      return error
    }
  }

  func upgrade(context: ChannelHandlerContext, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
    onUpgrade(context)
    return context.eventLoop.makeSucceededVoidFuture()
  }
}
