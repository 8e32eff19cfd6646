import NIOCore
import NIOHTTP1

/// Plugs the WebSocket handshake (RFC 6455, section 4.1) into the HTTP client's upgrade.
final class WSSClientUpgrader: NIOHTTPClientProtocolUpgrader {
  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  private let key = WebSocketKey.random()
  private let subprotocols: [PilotSubprotocol]
  private let onUpgrade: (ChannelHandlerContext, PilotSubprotocol) -> Void

  /// - Parameters:
  ///   - subprotocols: What is offered, the preferred one first; not empty.
  ///   - onUpgrade: Adds the WebSocket's handler, for the subprotocol that the beacon has chosen.
  init(
    offering subprotocols: [PilotSubprotocol], onUpgrade: @escaping (ChannelHandlerContext, PilotSubprotocol) -> Void
  ) {
    self.subprotocols = subprotocols
    self.onUpgrade = onUpgrade
  }

  func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
    upgradeRequestHeaders.add(contentsOf: WebSocketHandshake.requestFields(key: key, subprotocols: subprotocols))
  }

  func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
    fault(in: upgradeResponse) == nil
  }

  /// What is wrong with an answer to the request that was sent, if anything is.
  func fault(in response: HTTPResponseHead) -> WebSocketResponseError? {
    do throws(WebSocketResponseError) {
      _ = try chosen(by: response)
      return nil
    } catch {
      return error
    }
  }

  private func chosen(by response: HTTPResponseHead) throws(WebSocketResponseError) -> PilotSubprotocol {
    try WebSocketHandshake.verify(response, key: key, subprotocols: subprotocols)
  }

  func upgrade(context: ChannelHandlerContext, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
    do throws(WebSocketResponseError) {
      onUpgrade(context, try chosen(by: upgradeResponse))
      return context.eventLoop.makeSucceededVoidFuture()
    } catch {
      return context.eventLoop.makeFailedFuture(error)
    }
  }
}
