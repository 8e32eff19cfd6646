import NIOCore
import NIOEmbedded

/// Plays the kernel below a handler: keeps what is written until the peer reads, tells writability, and knows which half
/// was closed, none of which `EmbeddedChannel` does by itself.
final class SocketStandIn: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let channel: EmbeddedChannel
  /// Whether the peer takes what is flushed.
  private(set) var peerReads = true
  /// All bytes that the peer has read.
  private(set) var sent: [UInt8] = []
  private var unflushed: [(ByteBuffer, EventLoopPromise<Void>?)] = []
  private var flushed: [(ByteBuffer, EventLoopPromise<Void>?)] = []
  private(set) var hasClosedOutput = false
  private(set) var flushes = 0
  /// The most that was ever held for a peer that doesn't read.
  private(set) var highest = 0

  /// As `ChannelOptions.Types.WriteBufferWaterMark` has them by default.
  static let marks = (low: 32_768, high: 65_536)

  init(channel: EmbeddedChannel) {
    self.channel = channel
  }

  var held: Int { (flushed + unflushed).map(\.0.readableBytes).reduce(0, +) }
  /// What is held, as the peer will get it.
  var heldBytes: [UInt8] { flushed.flatMap(\.0.bytes) }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    unflushed.append((unwrapOutboundIn(data), promise))
    highest = max(highest, held)
    if held > Self.marks.high, channel.isWritable { setWritable(false) }
  }

  func flush(context: ChannelHandlerContext) {
    flushes += 1
    flushed += unflushed
    unflushed = []
    if peerReads { deliver() }
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard mode == .all else {
      hasClosedOutput = true
      promise?.succeed(())
      return
    }
    for (_, promise) in flushed + unflushed { promise?.fail(ChannelError.ioOnClosedChannel) }
    flushed = []
    unflushed = []
    context.close(promise: promise)
  }

  private func deliver() {
    while !flushed.isEmpty {
      let (buffer, promise) = flushed.removeFirst()
      sent += buffer.bytes
      promise?.succeed(())
    }
    if !channel.isWritable, held < Self.marks.low { setWritable(true) }
  }

  private func setWritable(_ isWritable: Bool) {
    channel.isWritable = isWritable
    channel.pipeline.fireChannelWritabilityChanged()
  }

  /// The peer stops to read, or goes on.
  func letPeerRead(_ reads: Bool) {
    peerReads = reads
    if reads { deliver() }
  }
}
