package import NIOCore
import PilotTransport
import PilotWire

extension WebSocketChannelHandler {
  /// Writes what the queue holds, as long as the channel takes it. On the event loop.
  package func drain() {
    guard let context, let lease else { return }
    var chunks: [OutboundQueue.Chunk] = []
    while context.channel.isWritable {
      outbound.take(lease, upTo: sizes.flush, into: &chunks)
      if chunks.isEmpty { return }
      for chunk in chunks { write(chunk, context: context) }
      context.flush()
      chunks.removeAll(keepingCapacity: true)
    }
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
      sendPong()
      drain()
      context.flush()
    } else {
      stalledSince = MonotonicInstant(context.eventLoop.now)
      checkLiveness(at: MonotonicInstant(context.eventLoop.now))
    }
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
    guard let context, context.channel.isWritable, let pong = session.takePong() else { return }
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
      act(session.close(frame))
    }
  }

  /// The text is written before the queue opens, so that no frame can precede it.
  private func establish(_ text: [UInt8]?) {
    guard let context, session.isOpen, end == nil else { return }
    authenticationTimer?.cancel()
    authenticationTimer = nil
    if let text { sendText(text) }
    // A write that fails ends the connection at once.
    guard self.context != nil else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    lease = outbound.open { [loop = context.eventLoop] in loop.execute { bound.value.drain() } }
    peer.established()
  }
}
