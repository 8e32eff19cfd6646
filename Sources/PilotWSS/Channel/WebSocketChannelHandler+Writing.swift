package import NIOCore
import PilotTransport
import PilotWire

extension WebSocketChannelHandler {
  /// Writes what the queue holds, as long as the channel takes it, and no more at a time than one flush: what has left the
  /// queue grows old unseen, and a kernel that is full is better asked by the time it has room. On the event loop.
  package func drain() {
    guard let context, let lease, !isDraining, !isEstablishing else { return }
    if drain(lease, context) { drained() } else { stalls() }
  }

  /// - Returns: Whether nothing waits any more.
  private func drain(_ lease: OutboundQueue.Lease, _ context: ChannelHandlerContext) -> Bool {
    isDraining = true
    defer { isDraining = false }
    var chunks: [OutboundQueue.Chunk] = []
    while takesMore(context) {
      outbound.take(lease, upTo: sizes.flush - bytesUnderWay, into: &chunks)
      if chunks.isEmpty { return true }
      for chunk in chunks { write(chunk, context: context) }
      context.flush()
      chunks.removeAll(keepingCapacity: true)
    }
    return false
  }

  private func write(_ chunk: OutboundQueue.Chunk, context: ChannelHandlerContext) {
    let promise = context.eventLoop.makePromise(of: Void.self)
    let (tally, bytes) = (chunk.tally, chunk.buffer.readableBytes)
    bytesUnderWay += bytes
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    promise.futureResult.whenComplete { [outbound] result in
      let handler = bound.value
      handler.bytesUnderWay -= bytes
      switch result {
      case .success:
        outbound.written(tally)
        handler.goOn()
      case .failure:
        outbound.failed(tally)
      }
    }
    context.write(wrapOutboundOut(chunk.buffer), promise: promise)
  }

  private func takesMore(_ context: ChannelHandlerContext) -> Bool {
    context.channel.isWritable && bytesUnderWay < sizes.flush
  }

  /// The peer has taken something.
  private func goOn() {
    stalledSince = nil
    // Whoever is draining looks by itself, and flushes.
    guard let context, !isDraining else { return }
    sendPong()
    drain()
    context.flush()
  }

  /// The peer takes no more for the moment: if it stays so, it is dropped.
  private func stalls() {
    guard let context, stalledSince == nil else { return }
    let now = MonotonicInstant(context.eventLoop.now)
    stalledSince = now
    checkLiveness(at: now)
    startExpiryTimer()
  }

  /// While the peer takes nothing, and nothing more comes for it, nobody else looks how old frames grow.
  private func startExpiryTimer() {
    guard expiryTimer == nil else { return }
    expiryTimer = schedule(after: outbound.age) { handler in
      handler.expiryTimer = nil
      handler.outbound.dropExpired()
      if handler.stalledSince != nil { handler.startExpiryTimer() }
    }
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { goOn() } else { stalls() }
    context.fireChannelWritabilityChanged()
  }

  func writeControl(
    promise: EventLoopPromise<Void>? = nil, _ fill: (inout WebSocketEncoder, inout ByteBuffer) -> Void
  ) {
    guard let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    var buffer = context.channel.allocator.buffer(capacity: 64)
    fill(&control, &buffer)
    context.write(wrapOutboundOut(buffer), promise: promise)
  }

  /// Answers a Ping, at its place among the texts that a read leads to.
  func answer(_ ping: WebSocketControlPayload) {
    session.receivePing(ping.bytes)
    sendPong()
  }

  /// A peer that pings and doesn't read is owed one pong, which waits until it reads.
  func sendPong() {
    guard let context, takesMore(context), let pong = session.takePong() else { return }
    writeControl { encoder, buffer in encoder.appendPong(pong, into: &buffer) }
  }

  func sendText(_ text: [UInt8]) {
    guard session.isOpen else { return }
    writeControl { encoder, buffer in encoder.append(.text, payload: text.span.raw, into: &buffer) }
    context?.flush()
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
      establish(text)
    case .close(let frame):
      if end == nil { end = .closedHere(frame) }
      // The peer has closed already: it only waits for what it is owed, which this end sends no more.
      if unansweredClose == nil { act(session.close(frame)) } else { drained() }
    case .leave(let frame):
      leave(with: frame)
    case .abandon:
      abandon(.lost(nil))
    }
  }

  /// The peer hears of it before the text leaves: what the other end does once it has read the text, on any connection,
  /// finds everybody told. Frames that are queued meanwhile wait until the text is written, so that none can precede it.
  private func establish(_ text: [UInt8]?) {
    guard let context, session.isOpen, end == nil else { return }
    authenticationTimer?.cancel()
    authenticationTimer = nil
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    lease = outbound.open { [loop = context.eventLoop] in loop.execute { bound.value.drain() } }
    isEstablishing = true
    peer.established()
    isEstablishing = false
    // Not when the peer has closed meanwhile.
    if let text { sendText(text) }
    // A connection that takes over from another one has what waited for that.
    drain()
  }
}
