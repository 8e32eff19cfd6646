import NIOCore
import NIOHTTP1
import NIOTLS
import PilotTransport

/// Sends the upgrade request once the connection is secured, and explains any answer but a right 101.
final class UpgradeRequester: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private enum State {
    case awaitingAnswer
    /// The answer is a refusal, and its body may say why.
    case reading(HTTPResponseHead, BodyExcerpt, until: Scheduled<Void>)
    case finished
  }

  /// What a node calls itself: firewalls refuse requests of clients without a name.
  static let userAgent = "pilot-transport/\(PackageVersion.text)"
  /// How long a refusal's body is waited for: an explanation isn't worth more.
  static let patience = TimeAmount.seconds(1)

  private let beacon: WSSURL
  private let awaitsTLS: Bool
  private let upgrader: WSSClientUpgrader
  private let onSecured: () -> Void
  private let onFailure: (TransportError) -> Void
  private var context: ChannelHandlerContext?
  private var state = State.awaitingAnswer

  init(
    beacon: WSSURL, awaitsTLS: Bool, upgrader: WSSClientUpgrader, onSecured: @escaping () -> Void,
    onFailure: @escaping (TransportError) -> Void
  ) {
    self.beacon = beacon
    self.awaitsTLS = awaitsTLS
    self.upgrader = upgrader
    self.onSecured = onSecured
    self.onFailure = onFailure
  }

  /// Whether what follows is the body of an answer that upgrades nothing.
  var isReadingBody: Bool {
    if case .reading = state { return true }
    return false
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if !awaitsTLS { send(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    if case .reading(_, _, let timer) = state { timer.cancel() }
  }

  /// The upgrade is complete: this handler leaves the connection to the WebSocket.
  func finished() {
    state = .finished
    guard let context else { return }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  /// The dial takes too long: a refusal that has come is why it failed, with as much of its body as there is.
  /// - Returns: Whether there was one.
  func giveUp() -> Bool {
    guard isReadingBody else { return false }
    refuse()
    return true
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
    head.headers.add(name: "User-Agent", value: Self.userAgent)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (state, unwrapInboundIn(data)) {
    case (.awaitingAnswer, .head(let head)) where head.status == .switchingProtocols:
      fail(TransportError(invalidAcceptance: upgrader.fault(in: head), of: beacon))
    case (.awaitingAnswer, .head(let head)):
      explain(head, context)
    case (.reading(let head, var excerpt, let timer), .body(let bytes)):
      let isEnough = excerpt.append(bytes)
      state = .reading(head, excerpt, until: timer)
      if isEnough { refuse() }
    case (.reading, .end):
      refuse()
    case (.awaitingAnswer, _), (.reading, .head), (.finished, _):
      break
    }
  }

  private func explain(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
    guard let excerpt = BodyExcerpt(of: head) else { return fail(error(head, text: nil)) }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let timer = context.eventLoop.scheduleTask(in: Self.patience) { _ = bound.value.giveUp() }
    state = .reading(head, excerpt, until: timer)
  }

  /// Fails with the refusal, and what is known of its reasons.
  private func refuse() {
    guard case .reading(let head, let excerpt, let timer) = state else { return }
    timer.cancel()
    fail(error(head, text: excerpt.line))
  }

  private func error(_ head: HTTPResponseHead, text: String?) -> TransportError {
    TransportError(refusedUpgrade: head, text: text, of: beacon, at: WallClock.unixTime())
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch state {
    case .finished: context.fireErrorCaught(error)
    case .reading: refuse()
    case .awaitingAnswer:
      let denials: [NIOHTTPClientUpgradeError] = [.upgraderDeniedUpgrade, .responseProtocolNotFound]
      // The head that these are about follows at once.
      if let denial = error as? NIOHTTPClientUpgradeError, denials.contains(denial) { return }
      fail(TransportError(upgrading: error, to: beacon))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if !giveUp() {
      fail(
        TransportError(
          code: .connectFailed,
          message:
            "\(beacon.authority) closed the connection before it answered; is it a beacon, and is TLS expected there?"))
    }
    context.fireChannelInactive()
  }

  private func fail(_ error: TransportError) {
    if case .finished = state { return }
    state = .finished
    onFailure(error)
  }
}
