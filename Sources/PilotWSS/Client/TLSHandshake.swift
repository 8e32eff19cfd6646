import NIOCore
import NIOSSL
import NIOTLS
import PilotTransport

/// Watches a connection being secured, and explains why it can't be. Leaves the pipeline when it is done.
final class TLSHandshake: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let beacon: WSSURL
  private let tls: ClientTLS
  private let completion: (Result<Void, TransportError>) -> Void
  private var isOver = false

  private init(
    with beacon: WSSURL, _ tls: ClientTLS, completion: @escaping (Result<Void, TransportError>) -> Void
  ) {
    self.beacon = beacon
    self.tls = tls
    self.completion = completion
  }

  /// Begins on a channel that is connected. `completion` hears once how it went, on the event loop.
  static func start(
    on channel: any Channel, with beacon: WSSURL, _ tls: ClientTLS,
    completion: @escaping (Result<Void, TransportError>) -> Void
  ) throws {
    let handshake = TLSHandshake(with: beacon, tls, completion: completion)
    // TLS first: its own place in the pipeline is before what watches it.
    try channel.pipeline.syncOperations.addHandlers([tls.handler(for: beacon), handshake])
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    finish(.success(()))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if isOver { return context.fireErrorCaught(error) }
    // The handshake may have got as far as the certificate: then that is what was refused, if there is anything wrong
    // with it.
    let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
    let fault = tls.fault(after: error, of: certificate, at: Int(WallClock.unixTime()))
    finish(
      .failure(
        fault.map { TransportError(untrusted: beacon, $0, cause: error) } ?? TransportError(securing: error, to: beacon)
      ))
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.failure(.closedUnanswered(by: beacon)))
    context.fireChannelInactive()
  }

  private func finish(_ result: Result<Void, TransportError>) {
    guard !isOver else { return }
    isOver = true
    completion(result)
  }
}
