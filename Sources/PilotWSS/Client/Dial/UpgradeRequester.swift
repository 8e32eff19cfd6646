import NIOCore
import NIOHTTP1
import PilotTransport

/// Sends the upgrade request on a connection that is ready for it, and explains any answer but a right 101.
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
  private let upgrader: WSSClientUpgrader
  private let onFailure: (TransportError) -> Void
  private var context: ChannelHandlerContext?
  private var state = State.awaitingAnswer

  private init(beacon: WSSURL, upgrader: WSSClientUpgrader, onFailure: @escaping (TransportError) -> Void) {
    self.beacon = beacon
    self.upgrader = upgrader
    self.onFailure = onFailure
  }

  /// Begins on a channel that is connected and, for `wss://`, secured. The pipeline keeps the requester until the end.
  ///
  /// - Parameters:
  ///   - subprotocols: What is offered, the preferred one first; not empty.
  ///   - onUpgrade: Called once when the channel's bytes are a WebSocket's, of the subprotocol that the beacon has chosen: it
  ///     adds their handler.
  ///   - onFailure: Called once when the beacon refuses, or doesn't answer as it should.
  static func start(
    on channel: any Channel, at beacon: WSSURL, offering subprotocols: [PilotSubprotocol],
    onUpgrade: @escaping (PilotSubprotocol) -> Void, onFailure: @escaping (TransportError) -> Void
  ) throws -> UpgradeRequester {
    var gate: HandshakeGate?
    let upgrader = WSSClientUpgrader(offering: subprotocols) { context, subprotocol in
      onUpgrade(subprotocol)
      // Behind the new handler's back: what the gate holds is the WebSocket's.
      if let gate = gate.take() { context.pipeline.syncOperations.removeHandler(gate, promise: nil) }
    }
    let requester = UpgradeRequester(beacon: beacon, upgrader: upgrader, onFailure: onFailure)
    let bound = NIOLoopBound(requester, eventLoop: channel.eventLoop)
    let added = HandshakeGate { [weak requester] head in
      // The parser has seen a final answer that isn't 101: what follows is its body, and nothing upgrades any more.
      if requester?.isReadingBody == true { return .forward }
      // Other informational responses may precede the one that counts (RFC 9110, section 15.2).
      let status = head.dropFirst("HTTP/1.1 ".utf8.count).prefix(3)
      return status.first == UInt8(ascii: "1") && !status.elementsEqual("101".utf8) ? .nextHead : .hold
    }
    gate = added
    try channel.pipeline.syncOperations.addHandler(added)
    try channel.pipeline.syncOperations.addHTTPClientHandlers(
      leftOverBytesStrategy: .forwardBytes,
      decoderLimitConfiguration: .handshake,
      withClientUpgrade: (upgraders: [upgrader], completionHandler: { _ in bound.value.finished() }))
    try channel.pipeline.syncOperations.addHandler(requester)
    return requester
  }

  /// Whether what follows is the body of an answer that upgrades nothing.
  var isReadingBody: Bool {
    if case .reading = state { return true }
    return false
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    send(context)
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

  private func send(_ context: ChannelHandlerContext) {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: beacon.path)
    head.headers.add(name: "Host", value: beacon.hostField)
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
    TransportError(refusedUpgrade: head, text: text, of: beacon, at: Int(WallClock.unixTime()))
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
      fail(.closedUnanswered(by: beacon))
    }
    context.fireChannelInactive()
  }

  private func fail(_ error: TransportError) {
    if case .finished = state { return }
    state = .finished
    onFailure(error)
  }
}
