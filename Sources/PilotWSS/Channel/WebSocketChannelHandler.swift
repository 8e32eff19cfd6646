package import NIOCore
import PilotTransport
import PilotWire

/// Runs the WebSocket protocol on a channel: bytes in, messages to the peer; frames out of the ``OutboundQueue``; pings,
/// pongs and the closing handshake between them.
///
/// The last handler of its pipeline, above TLS or TCP. Control frames don't queue behind frames, and a peer that reads
/// nothing stops only its own queue.
package final class WebSocketChannelHandler<Peer: WebSocketPeer>: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  let peer: Peer
  let outbound: OutboundQueue
  /// This connection's hold on the queue, from authentication to the end.
  var lease: OutboundQueue.Lease?
  let times: WebSocketTimes
  let sizes: BufferSizes
  var context: ChannelHandlerContext?
  var session: WebSocketSession
  var control: WebSocketEncoder
  var liveness: Liveness?
  /// Bytes of chunks that were written and that the kernel hasn't taken yet.
  var bytesUnderWay = 0
  var isDraining = false
  /// Whether the text that precedes all frames has yet to be written.
  var isEstablishing = false
  /// Set from ``WebSocketReaction/leave(_:)`` on.
  var leaving: WebSocketCloseFrame?
  /// Since when the peer has taken nothing although something waits.
  var stalledSince: MonotonicInstant?
  /// How the connection ended, or is about to; the first reason stands.
  var end: WebSocketEnd?
  var authenticationTimer: Scheduled<Void>?
  var livenessTimer: Scheduled<Void>?
  var closeTimer: Scheduled<Void>?
  var expiryTimer: Scheduled<Void>?
  var leavingTimer: Scheduled<Void>?
  private var decoder: WebSocketDecoder

  /// - Parameter maximumMessageLength: The longest message taken, in bytes.
  package init(
    role: WebSocketRole, peer: Peer, outbound: OutboundQueue, times: WebSocketTimes, sizes: BufferSizes = .large,
    maximumMessageLength: Int = FrameLimits.maximumMessageOverWSS
  ) {
    self.peer = peer
    self.outbound = outbound
    self.times = times
    self.sizes = sizes
    decoder = WebSocketDecoder(role: role, maximumMessageLength: maximumMessageLength)
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
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    abandon(.lost(error))
  }

  private func finish() {
    guard context != nil else { return }
    context = nil
    authenticationTimer?.cancel()
    livenessTimer?.cancel()
    closeTimer?.cancel()
    expiryTimer?.cancel()
    leavingTimer?.cancel()
    // Before the peer is told, so that it finds the counts complete.
    releaseQueue()
    let outcome = session.transportEnded()
    peer.ended(end ?? WebSocketEnd(outcome))
  }

  /// Nothing more will be sent: from now on frames are refused instead of being taken and lost.
  func releaseQueue() {
    if let lease = lease.take() { outbound.disconnect(lease) }
  }

  // MARK: Reading

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    liveness?.heard(at: MonotonicInstant(context.eventLoop.now))
    let buffer = unwrapInboundIn(data)
    var findings = ReadFindings(takesMessages: takesMessages)
    let broken = decode(buffer.readableBytesSpan, into: &findings)
    for step in findings.steps {
      switch step {
      case .react(let reaction): perform(reaction)
      case .answer(let ping): answer(ping)
      }
    }
    if let ping = findings.latestPing { answer(ping) }
    if let frame = findings.close {
      if end == nil { end = .closed(frame) }
      act(session.receiveClose(frame))
    }
    if let broken {
      if end == nil { end = .failed(broken) }
      act(session.fail(broken))
    }
  }

  private var takesMessages: Bool {
    if case .closedHere? = end, leaving != nil { return session.outcome == nil }
    return session.isOpen && end == nil
  }

  private func decode(_ bytes: RawSpan, into findings: inout ReadFindings) -> WebSocketProtocolError? {
    let peer = peer
    do throws(WebSocketProtocolError) {
      try decoder.feed(bytes) { event in
        switch event {
        case .binary(let message):
          guard findings.takesMessages else { return peer.ignoredBinary() }
          findings.note(peer.receive(binary: message))
        case .text(let message):
          guard findings.takesMessages else { return }
          findings.note(peer.receive(text: message))
        case .ping(let payload):
          findings.note(ping: payload)
        case .pong:
          break
        case .close(let frame):
          findings.close = frame
        }
      }
      return nil
    } catch {
      return error
    }
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    peer.readCompleted()
    sendPong()
    context.flush()
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
