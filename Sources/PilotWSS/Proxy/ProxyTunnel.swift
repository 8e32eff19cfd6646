import NIOCore
import PilotTransport

/// Has a proxy's handshake on a channel, and leaves it to what comes next when the tunnel is there. Confined to its event loop.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case asking
    /// A refusal was told; perhaps with other credentials.
    case refused
    case over
  }

  private var handshake: any ProxyHandshake
  private let completion: (Result<Void, ProxyRefusal>) -> Void
  private var state = State.asking
  private var context: ChannelHandlerContext?

  /// - Parameter completion: Hears of each refusal, and of the tunnel.
  init(_ handshake: any ProxyHandshake, completion: @escaping (Result<Void, ProxyRefusal>) -> Void) {
    self.handshake = handshake
    self.completion = completion
  }

  /// Whether the connection takes another ``ask(as:)``.
  var takesAnother: Bool {
    if case .refused = state { return context != nil && handshake.takesAnother }
    return false
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Asks for the tunnel, on a connection that is there and secured.
  func ask(as credentials: ProxyCredentials?) {
    state = .asking
    send(handshake.begin(as: credentials))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .asking, .refused: perform(handshake.receive(unwrapInboundIn(data)), context)
    case .over: context.fireChannelRead(data)
    }
  }

  private func perform(_ step: ProxyStep, _ context: ChannelHandlerContext) {
    switch step {
    case .wait: break
    case .send(let bytes): send(bytes)
    case .refuse(let refusal): refuse(refusal)
    case .open(let rest):
      state = .over
      // Whoever comes next joins the pipeline now, behind this handler.
      completion(.success(()))
      if rest.readableBytes > 0 {
        context.fireChannelRead(wrapInboundOut(rest))
        context.fireChannelReadComplete()
      }
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
  }

  private func send(_ bytes: [UInt8]) {
    context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
  }

  private func refuse(_ refusal: ProxyRefusal) {
    guard case .asking = state else { return }
    state = .refused
    completion(.failure(refusal))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .over = state { return context.fireErrorCaught(error) }
    refuse(handshake.ended().because(error))
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    refuse(handshake.ended())
    context.fireChannelInactive()
  }
}

extension ProxyRefusal {
  /// The same, with what the system says of it.
  fileprivate func because(_ cause: any Error) -> ProxyRefusal {
    var refusal = self
    refusal.error.cause = TransportError.inTheSystemsWords(cause)
    return refusal
  }
}
