import NIOCore
import NIOSSL
import NIOTLS
import PilotTransport

/// Watches a connection being secured, and explains why it can't be. Leaves the pipeline when it is done.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let peer: TLSPeer
  private let tls: ClientTLS
  private let handler: NIOSSLClientHandler
  private let completion: (Result<TLSSummary?, TransportError>) -> Void
  private var isOver = false

  private init(
    with peer: TLSPeer, _ tls: ClientTLS, _ handler: NIOSSLClientHandler,
    completion: @escaping (Result<TLSSummary?, TransportError>) -> Void
  ) {
    self.peer = peer
    self.tls = tls
    self.handler = handler
    self.completion = completion
  }

  /// Begins on a channel that is connected. `completion` hears once how it went, on the event loop.
  static func start(
    on channel: any Channel, with peer: TLSPeer, _ tls: ClientTLS,
    completion: @escaping (Result<TLSSummary?, TransportError>) -> Void
  ) throws {
    let handler = try tls.handler(host: peer.host)
    let handshake = TLSHandshake(with: peer, tls, handler, completion: completion)
    // TLS first: its own place in the pipeline is before what watches it.
    try channel.pipeline.syncOperations.addHandlers([handler, handshake])
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    finish(.success(TLSSummary(of: handler)))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isOver { return context.fireErrorCaught(error) }
    // The handshake may have got as far as the certificate: then that is what was refused, if there is anything wrong
    // with it.
    let fault = tls.fault(after: error, of: handler.peerCertificate, at: Int(WallClock.unixTime()))
    finish(.failure(peer.failure(error, fault)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.failure(peer.closed()))
    context.fireChannelInactive()
  }

  private func finish(_ result: Result<TLSSummary?, TransportError>) {
    guard !isOver else { return }
    isOver = true
    completion(result)
  }
}
