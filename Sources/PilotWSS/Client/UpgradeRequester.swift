import NIOCore
import NIOHTTP1
import NIOTLS
import PilotTransport

/// Sends the upgrade request once the connection is secured, and explains any answer but 101.
final class UpgradeRequester: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let beacon: CompatURL
  private let awaitsTLS: Bool
  private let onSecured: () -> Void
  private let onFailure: (TransportError) -> Void
  private var context: ChannelHandlerContext?
  private var isFinished = false

  init(
    beacon: CompatURL, awaitsTLS: Bool, onSecured: @escaping () -> Void, onFailure: @escaping (TransportError) -> Void
  ) {
    self.beacon = beacon
    self.awaitsTLS = awaitsTLS
    self.onSecured = onSecured
    self.onFailure = onFailure
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if !awaitsTLS { send(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  /// The upgrade is complete: this handler leaves the connection to the WebSocket.
  func finished() {
    isFinished = true
    guard let context else { return }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      onSecured()
      send(context)
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func send(_ context: ChannelHandlerContext) {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: beacon.path)
    head.headers.add(name: "Host", value: beacon.authority)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isFinished, case .head(let head) = unwrapInboundIn(data) else { return }
    fail(TransportError(refusedUpgrade: head, of: beacon))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isFinished { return context.fireErrorCaught(error) }
    fail(TransportError(upgrading: error, to: beacon))
  }

  func channelInactive(context: ChannelHandlerContext) {
    fail(
      TransportError(
        code: .connectFailed,
        message:
          "\(beacon.authority) closed the connection before it answered; is it a beacon, and is TLS expected there?"))
    context.fireChannelInactive()
  }

  private func fail(_ error: TransportError) {
    guard !isFinished else { return }
    isFinished = true
    onFailure(error)
  }
}
