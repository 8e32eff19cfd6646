package import NIOCore
import NIOTLS
import PilotTransport

/// Runs the WebSocket protocol on a channel: bytes in, messages to the peer; frames out of the ``OutboundQueue``; pings,
/// pongs and the closing handshake between them.
///
/// The last handler of its pipeline, above TLS or TCP. Control frames don't queue behind frames, and a peer that reads
/// nothing stops only its own queue.
package final class WebSocketChannelHandler<Peer: WebSocketPeer>: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  private let peer: Peer
  private let outbound: OutboundQueue
  private let times: WebSocketTimes
  private var decoder: WebSocketDecoder
  private var session: WebSocketSession
  private var control: WebSocketEncoder
  private var liveness: Liveness?
  private var context: ChannelHandlerContext?
  private var end: WebSocketEnd?
  private var authenticationTimer: Scheduled<Void>?
  private var livenessTimer: Scheduled<Void>?
  private var closeTimer: Scheduled<Void>?
  private var reactions: [WebSocketReaction] = []

  package init(role: WebSocketRole, peer: Peer, outbound: OutboundQueue, times: WebSocketTimes) {
    self.peer = peer
    self.outbound = outbound
    self.times = times
    decoder = WebSocketDecoder(role: role)
    session = WebSocketSession(role: role)
    control = WebSocketEncoder(role: role)
  }

  // MARK: Life

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let now = MonotonicInstant(context.eventLoop.now)
    liveness = times.liveness(from: now)
    authenticationTimer = schedule(after: times.authentication) { $0.authenticationTimedOut() }
    checkLiveness(at: now)
    perform(peer.opened(self))
  }

  package func channelInactive(context: ChannelHandlerContext) {
    finish()
    context.fireChannelInactive()
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    finish()
    self.context = nil
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if end == nil { end = .lost(error) }
    context.close(promise: nil)
  }

  private func finish() {
    guard let context else { return }
    self.context = nil
    authenticationTimer?.cancel()
    livenessTimer?.cancel()
    closeTimer?.cancel()
    let outcome = session.transportEnded()
    peer.ended(end ?? WebSocketEnd(outcome))
    // The peer has detached itself, so nothing is queued any more behind this.
    outbound.disconnect()
    _ = context
  }

  // MARK: Reading

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    liveness?.heard(at: MonotonicInstant(context.eventLoop.now))
    let buffer = unwrapInboundIn(data)
    do throws(WebSocketProtocolError) {
      try decoder.feed(buffer.readableBytesSpan) { event in receive(event) }
      performReactions()
    } catch {
      performReactions()
      if end == nil { end = .failed(error) }
      act(session.fail(error))
    }
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    peer.readCompleted()
    sendPong()
    context.flush()
  }

  /// Called while the decoder works: nothing here may touch the channel.
  @inline(__always)
  private func receive(_ event: borrowing WebSocketEvent) {
    switch event {
    case .binary(let bytes):
      guard session.isOpen, end == nil else { return }
      note(peer.receive(binary: bytes))
    case .text(let bytes):
      guard session.isOpen, end == nil else { return }
      note(peer.receive(text: bytes))
    case .ping(let payload):
      session.receivePing(payload)
    case .pong:
      break
    case .close(let frame):
      peerClose = frame
    }
  }

  private var peerClose: WebSocketCloseFrame?

  @inline(__always)
  private func note(_ reaction: WebSocketReaction) {
    if reaction == .none { return }
    if case .close(let frame) = reaction, end == nil { end = .closed(frame) }
    reactions.append(reaction)
  }

  private func performReactions() {
    if !reactions.isEmpty {
      let due = reactions
      reactions = []
      for reaction in due { perform(reaction) }
    }
    if let frame = peerClose.take() {
      if end == nil { end = .closed(frame) }
      act(session.receiveClose(frame))
    }
  }

  // MARK: Writing

  /// Writes what the queue holds, as long as the channel takes it. On the event loop.
  package func drain() {
    guard let context, session.isOpen else { return }
    var unflushed = 0
    while context.channel.isWritable, let chunk = outbound.take() {
      unflushed += chunk.buffer.readableBytes
      write(chunk, context: context)
      if unflushed >= WebSocketTimes.flushBytes {
        context.flush()
        unflushed = 0
      }
    }
    if unflushed > 0 { context.flush() }
  }

  private func write(_ chunk: OutboundQueue.Chunk, context: ChannelHandlerContext) {
    let promise = context.eventLoop.makePromise(of: Void.self)
    let tally = chunk.tally
    promise.futureResult.whenComplete { [outbound] result in
      switch result {
      case .success: outbound.written(tally)
      case .failure: outbound.failed(tally)
      }
    }
    context.write(wrapOutboundOut(chunk.buffer), promise: promise)
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      stalledSince = nil
      drain()
    } else {
      stalledSince = MonotonicInstant(context.eventLoop.now)
    }
    context.fireChannelWritabilityChanged()
  }

  private var stalledSince: MonotonicInstant?

  private func writeControl(_ fill: (inout WebSocketEncoder, inout ByteBuffer) -> Void) {
    guard let context else { return }
    var buffer = context.channel.allocator.buffer(capacity: 64)
    fill(&control, &buffer)
    context.write(wrapOutboundOut(buffer), promise: nil)
  }

  /// A peer that pings and doesn't read is owed one pong, which waits until it reads.
  private func sendPong() {
    guard let context, context.channel.isWritable, let pong = session.takePong() else { return }
    writeControl { encoder, buffer in encoder.appendPong(pong, into: &buffer) }
  }

  // MARK: Closing

  private func act(_ action: WebSocketSession.Action) {
    switch action {
    case .ignore:
      break
    case .sendClose(let frame, let pong, let ending):
      writeControl { encoder, buffer in
        if let pong { encoder.appendPong(pong, into: &buffer) }
        encoder.appendClose(frame, into: &buffer)
      }
      context?.flush()
      go(on: ending)
    case .finish(let ending):
      go(on: ending)
    }
  }

  private func go(on ending: WebSocketSession.Ending) {
    switch ending {
    case .closeTransport:
      context?.close(promise: nil)
    case .awaitClose, .awaitTransportEnd:
      guard closeTimer == nil else { return }
      closeTimer = schedule(after: times.closing) { handler in handler.act(handler.session.closeTimedOut()) }
    }
  }

  private func authenticationTimedOut() {
    if end == nil { end = .authenticationTimedOut }
    act(session.close(WebSocketCloseFrame(.policyViolation, reason: "auth timeout")))
  }

  // MARK: Time

  private func checkLiveness(at now: MonotonicInstant) {
    if let stalledSince, stalledSince.advanced(by: times.stall) <= now {
      return abandon(.silent(times.stall))
    }
    switch liveness?.tick(at: now) {
    case nil:
      break
    case .wait(let instant):
      scheduleLiveness(at: instant)
    case .ping(let id, let next):
      writeControl { encoder, buffer in
        let payload = id.bigEndianBytes
        unsafe encoder.appendPing(payload.span.bytes, into: &buffer)
      }
      context?.flush()
      scheduleLiveness(at: next)
    case .silent:
      abandon(.silent(times.silence))
    }
  }

  private func scheduleLiveness(at instant: MonotonicInstant) {
    guard let context else { return }
    let soonest = stalledSince.map { min(instant, $0.advanced(by: times.stall)) } ?? instant
    let delay = MonotonicInstant(context.eventLoop.now).duration(to: soonest)
    livenessTimer = schedule(after: max(delay, .zero)) { handler in
      guard let context = handler.context else { return }
      handler.checkLiveness(at: MonotonicInstant(context.eventLoop.now))
    }
  }

  /// Gives up on a peer that can't be talked to: no Close, no lingering.
  private func abandon(_ reason: WebSocketEnd) {
    if end == nil { end = reason }
    context?.close(promise: nil)
  }

  private func schedule(
    after delay: Duration, _ body: @escaping (WebSocketChannelHandler<Peer>) -> Void
  ) -> Scheduled<Void>? {
    context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
      if let self { body(self) }
    }
  }
}

extension WebSocketChannelHandler: WebSocketLink {
  package func perform(_ reaction: WebSocketReaction) {
    switch reaction {
    case .none:
      break
    case .send(let text):
      sendText(text)
    case .establish(let text):
      authenticationTimer?.cancel()
      authenticationTimer = nil
      if let text { sendText(text) }
    case .close(let frame):
      if end == nil { end = .closed(frame) }
      act(session.close(frame))
    }
  }

  private func sendText(_ text: [UInt8]) {
    guard session.isOpen else { return }
    writeControl { encoder, buffer in unsafe encoder.append(.text, payload: text.span.bytes, into: &buffer) }
    context?.flush()
  }
}

extension WebSocketEnd {
  init(_ outcome: WebSocketSession.Outcome) {
    self =
      switch outcome {
      case .closed(let frame): .closed(frame)
      case .failed(let error): .failed(error)
      case .lost: .lost(nil)
      }
  }
}
