import NIOCore
import PilotTransport
import PilotWire

extension WebSocketChannelHandler {
  /// Does what the session decided about the end of the connection.
  func act(_ action: WebSocketSession.Action) {
    switch action {
    case .ignore:
      break
    case .sendClose(let frame, let pong, let ending):
      send(frame, after: pong, then: ending)
    case .finish(let ending):
      go(on: ending)
    }
  }

  /// The peer's Close has come. One that may have another way to be reached is sent first what was on its way to it: what
  /// comes later goes there.
  func receive(_ close: WebSocketCloseFrame) {
    guard let lease, peer.sendsRestWhenClosed else { return act(session.receiveClose(close)) }
    peer.parting()
    outbound.seal(lease)
    unansweredClose = close
    // Bounds it: a peer that closes and reads nothing would hold on to its queue for ever.
    startCloseTimer()
    drain()
  }

  /// Closes behind what waits, which grows no more.
  func leave(with frame: WebSocketCloseFrame) {
    guard end == nil, session.isOpen else { return }
    end = .closedHere(frame)
    guard let lease else { return act(session.close(frame)) }
    leaving = frame
    // Whoever has another way to the peer takes it for what comes from here on.
    peer.parting()
    outbound.seal(lease)
    leavingTimer = schedule(after: outbound.age) { $0.drained() }
    drain()
  }

  /// Nothing waits, or has waited for too long: whoever leaves closes now, and whoever was left answers.
  func drained() {
    if let close = unansweredClose.take() { return act(session.receiveClose(close)) }
    if let leaving { act(session.close(leaving)) }
  }

  private func send(
    _ frame: WebSocketCloseFrame, after pong: WebSocketControlPayload?, then ending: WebSocketSession.Ending
  ) {
    releaseQueue()
    guard let context else { return }
    let written = context.eventLoop.makePromise(of: Void.self)
    writeControl(promise: written) { encoder, buffer in
      if let pong { encoder.appendPong(pong, into: &buffer) }
      encoder.appendClose(frame, into: &buffer)
    }
    context.flush()
    // Bounds the wait for the write as well: a peer that reads nothing would hold it up for ever.
    startCloseTimer()
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.futureResult.whenComplete { _ in bound.value.go(on: ending) }
  }

  private func go(on ending: WebSocketSession.Ending) {
    startCloseTimer()
    switch ending {
    case .closeTransport:
      // Only this end's half: with input unread, closing both makes the kernel send a reset, which can overtake the Close
      // at the peer (RFC 6455, section 7.1.1). The peer's end of TCP, or the timer, closes the rest.
      context?.close(mode: .output, promise: nil)
    case .awaitClose, .awaitTransportEnd:
      break
    }
  }

  private func startCloseTimer() {
    guard closeTimer == nil else { return }
    closeTimer = schedule(after: leaving == nil ? times.closing : max(times.leaving, times.closing)) { handler in
      _ = handler.session.closeTimedOut()
      handler.context?.channel.cutOff()
    }
  }

  func authenticationTimedOut() {
    if end == nil { end = .authenticationTimedOut }
    act(session.close(WebSocketCloseFrame(.policyViolation, reason: "auth timeout")))
  }

  /// Gives up on a peer that can't be talked to: no Close, no lingering.
  func abandon(_ reason: WebSocketEnd) {
    if end == nil { end = reason }
    releaseQueue()
    context?.channel.cutOff()
  }

  // MARK: Time

  /// Looks whether the peer is alive and taking what it gets, and when to look again.
  func checkLiveness(at now: MonotonicInstant) {
    let stallEnd = stalledSince?.advanced(by: times.stall)
    if let stallEnd, stallEnd <= now { return abandon(.stalled(times.stall)) }
    switch liveness?.tick(at: now) {
    case nil:
      break
    case .wait(let instant):
      scheduleLiveness(at: stallEnd.map { min($0, instant) } ?? instant, now: now)
    case .ping(let id, let next):
      sendPing(id)
      scheduleLiveness(at: stallEnd.map { min($0, next) } ?? next, now: now)
    case .silent:
      abandon(.silent(times.silence))
    }
  }

  private func sendPing(_ id: UInt64) {
    guard session.isOpen else { return }
    let payload = id.bigEndianBytes
    writeControl { encoder, buffer in encoder.appendPing(payload.span.raw, into: &buffer) }
    context?.flush()
  }

  private func scheduleLiveness(at instant: MonotonicInstant, now: MonotonicInstant) {
    livenessTimer?.cancel()
    livenessTimer = schedule(after: max(now.duration(to: instant), .zero)) { handler in
      guard let context = handler.context else { return }
      handler.checkLiveness(at: MonotonicInstant(context.eventLoop.now))
    }
  }

  func schedule(
    after delay: Duration, _ body: @escaping (WebSocketChannelHandler<Peer>) -> Void
  ) -> Scheduled<Void>? {
    context?.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
      if let self { body(self) }
    }
  }
}
