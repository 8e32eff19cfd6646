import NIOCore
import NIOHTTP1
import PilotWSS

/// The client's opening handshake. The fuzzing server chooses no subprotocol; all else is checked as a node does.
final class EchoClientUpgrader: NIOHTTPClientProtocolUpgrader {
  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  private let key = WebSocketKey.random()
  private let isEchoing: Bool
  private let onText: (String) -> Void

  init(isEchoing: Bool, onText: @escaping (String) -> Void) {
    self.isEchoing = isEchoing
    self.onText = onText
  }

  func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
    upgradeRequestHeaders.add(contentsOf: WebSocketHandshake.requestFields(key: key, subprotocols: [.v1]))
  }

  func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
    var response = upgradeResponse
    if !response.headers.contains(name: "Sec-WebSocket-Protocol") {
      response.headers.add(name: "Sec-WebSocket-Protocol", value: PilotSubprotocol.v1.rawValue)
    }
    do {
      _ = try WebSocketHandshake.verify(response, key: key, subprotocols: [.v1])
      return true
    } catch {
      return false
    }
  }

  func upgrade(context: ChannelHandlerContext, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
    context.eventLoop.makeCompletedFuture {
      let pipeline = context.pipeline.syncOperations
      if isEchoing { return try pipeline.addHandler(EchoPeer.makeHandler(.client)) }
      let outbound = OutboundQueue(role: .client)
      try pipeline.addHandler(
        WebSocketChannelHandler(
          role: .client, peer: ListeningPeer(onText: onText), outbound: outbound, times: WebSocketTimes()))
    }
  }
}
