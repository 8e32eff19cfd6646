import NIOCore
import NIOPosix
import PilotTransport
import PilotUDP
import PilotWire
import Synchronization

/// A stream between the old and the new beacon, for the peers that are connected to the old one until they are sent away. One hop
/// more for their frames; all that is decided, the new one decides.
///
/// What can't be sent at once waits, ``capacity`` bytes of it; frames beyond that are dropped, and counted.
final class PeerLink: Sendable {
  /// Bytes that wait for the other beacon at most.
  static let capacity = 32 << 20
  /// How long the other beacon has for what waits when the link ends.
  private static let patience: TimeAmount = .seconds(1)

  /// Who reads what comes. On the link's own event loop only.
  protocol Reader: AnyObject {
    /// A message has come, lent for the call.
    /// - Throws: What is wrong with it: the link ends.
    func received(_ kind: PeerLinkMessage.Kind, of connection: UInt64, _ rest: RawSpan) throws(HandoverError)
    /// All that had come is through.
    func drained()
    /// Nothing comes any more.
    func ended()
  }

  private struct State {
    var channel: (any Channel)?
    var buffer = ByteBuffer()
    /// Frames among that.
    var frames: UInt64 = 0
    /// Bytes that were written and are still on their way to the kernel.
    var inFlight = 0
    var isScheduled = false
    var isOver = false
  }

  private let state = Mutex(State())
  private let droppedFrames = Atomic<UInt64>(0)
  private let passedFrames = Atomic<UInt64>(0)

  /// Frames given to the other beacon, or about to be.
  var passed: UInt64 { passedFrames.load(ordering: .relaxed) }
  /// Frames that there was no room for, or that the end of the link has left here.
  var dropped: UInt64 { droppedFrames.load(ordering: .relaxed) }

  /// Reads and writes from now on. What was put before goes out.
  ///
  /// - Parameter reader: Made on the event loop.
  func start(
    over descriptor: InheritedDescriptor, on group: any EventLoopGroup, _ reader: @escaping @Sendable () -> any Reader
  ) -> EventLoopFuture<Void> {
    let bootstrap = ClientBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(PeerLinkHandler(reader()))
      }
    }
    guard let socket = descriptor.take() else { return group.next().makeFailedFuture(ChannelError.alreadyClosed) }
    return bootstrap.withConnectedSocket(socket).map { [self] channel in
      let isOver = state.withLock { state in
        state.channel = channel
        return state.isOver
      }
      channel.closeFuture.whenComplete { [self] _ in close() }
      if isOver { return channel.close(promise: nil) }
      flush()
    }
  }

  /// Puts one message behind the others, its rest given in three parts. From any thread; never waits.
  ///
  /// - Returns: Whether the link takes it: a frame that it has no room for is dropped, counted; anything else ends the link.
  @discardableResult
  func put(
    _ kind: PeerLinkMessage.Kind, of connection: UInt64, _ first: RawSpan, _ second: RawSpan = RawSpan(),
    _ third: RawSpan = RawSpan()
  ) -> Bool {
    let length = PeerLinkMessage.headerLength + first.byteCount + second.byteCount + third.byteCount
    let isFrame = kind.isFrame
    guard length <= PeerLinkMessage.lengthLimit else { return drop() }
    let outcome: (isTaken: Bool, wake: (any Channel)?) = state.withLock { state in
      guard !state.isOver else { return (false, nil) }
      let waiting = state.inFlight + state.buffer.readableBytes + length
      guard waiting <= Self.capacity || !isFrame && waiting <= 2 * Self.capacity else {
        if !isFrame { state.isOver = true }
        return (false, isFrame ? nil : state.channel)
      }
      state.buffer.writeInteger(UInt32(length))
      state.buffer.writeInteger(kind.rawValue)
      state.buffer.writeInteger(connection)
      for part in 0..<3 { state.buffer.write(part == 0 ? first : part == 1 ? second : third) }
      if isFrame { state.frames += 1 }
      guard !state.isScheduled, let channel = state.channel else { return (true, nil) }
      state.isScheduled = true
      return (true, channel)
    }
    guard outcome.isTaken else {
      outcome.wake?.close(promise: nil)
      return isFrame ? drop() : false
    }
    if isFrame { passedFrames.add(1, ordering: .relaxed) }
    outcome.wake?.eventLoop.execute { self.flush() }
    return true
  }

  private func drop() -> Bool {
    droppedFrames.add(1, ordering: .relaxed)
    return false
  }

  /// Ends the link once all that was put is on its way, or after a second: a process that was stopped reads nothing.
  func finish() async {
    guard let channel = state.withLock({ $0.channel }) else { return close() }
    let late = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    flush()
    // Behind all that was written before.
    try? await channel.writeAndFlush(ByteBuffer()).get()
    late.cancel()
    close()
  }

  /// Hands to the channel what waits.
  private func flush() {
    let (channel, buffer, frames): ((any Channel)?, ByteBuffer, UInt64) = state.withLock { state in
      state.isScheduled = false
      guard state.buffer.readableBytes > 0, let channel = state.channel else { return (nil, ByteBuffer(), 0) }
      let (buffer, frames) = (state.buffer, state.frames)
      state.buffer = channel.allocator.buffer(capacity: min(buffer.readableBytes, 1 << 16))
      state.frames = 0
      state.inFlight += buffer.readableBytes
      return (channel, buffer, frames)
    }
    let count = buffer.readableBytes
    channel?.writeAndFlush(buffer).whenComplete { result in
      self.state.withLock { $0.inFlight -= count }
      if case .failure = result { self.leave(frames) }
    }
  }

  /// So many frames that were put don't go.
  private func leave(_ frames: UInt64) {
    passedFrames.subtract(frames, ordering: .relaxed)
    droppedFrames.add(frames, ordering: .relaxed)
  }

  /// Ends the link, for both sides. From any thread.
  func close() {
    let (channel, frames) = state.withLock { state in
      defer { (state.buffer, state.frames) = (ByteBuffer(), 0) }
      state.isOver = true
      return (state.channel, state.frames)
    }
    leave(frames)
    channel?.close(promise: nil)
  }
}

extension ByteBuffer {
  fileprivate mutating func write(_ bytes: RawSpan) {
    guard !bytes.isEmpty else { return }
    // SAFETY: the bytes are copied during the call.
    _ = unsafe bytes.withUnsafeBytes { unsafe writeBytes($0) }
  }
}

/// Takes the stream apart.
private final class PeerLinkHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let reader: any PeerLink.Reader
  private var rest = ByteBuffer()

  init(_ reader: any PeerLink.Reader) { self.reader = reader }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    if rest.readableBytes == 0 { rest = buffer } else { rest.writeBuffer(&buffer) }
    do throws(HandoverError) {
      while try readMessage() {}
    } catch {
      rest.clear()
      context.close(promise: nil)
    }
  }

  /// - Returns: Whether there was a whole one.
  private func readMessage() throws(HandoverError) -> Bool {
    guard let length = rest.getInteger(at: rest.readerIndex, as: UInt32.self) else { return false }
    guard (PeerLinkMessage.headerLength...PeerLinkMessage.lengthLimit).contains(Int(length)) else { throw .message }
    guard rest.readableBytes >= 4 + Int(length) else { return false }
    rest.moveReaderIndex(forwardBy: 4)
    guard let kind = rest.readInteger(as: UInt8.self).flatMap({ PeerLinkMessage.Kind(rawValue: $0) }),
      let connection = rest.readInteger(as: UInt64.self),
      let body = rest.readSlice(length: Int(length) - PeerLinkMessage.headerLength)
    else { throw .message }
    var failure: HandoverError?
    unsafe body.withUnsafeReadableBytes { bytes in
      do throws(HandoverError) {
        // SAFETY: the reader is lent the bytes for the call.
        try unsafe reader.received(kind, of: connection, RawSpan(_unsafeBytes: bytes))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return true
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // What is left is part of a message; the room in front of it is given back.
    rest.discardReadBytes()
    reader.drained()
  }

  func channelInactive(context: ChannelHandlerContext) { reader.ended() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
