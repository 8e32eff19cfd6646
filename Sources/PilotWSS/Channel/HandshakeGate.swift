import NIOCore
import NIOHTTP1

/// Lets one HTTP head at a time through to the HTTP decoder, and holds what is behind it: after an upgrade that is no
/// longer HTTP.
///
/// The library leaves it to its parser whether a head upgrades the connection, and passes on what the parser made of the
/// bytes behind it. Where parser and upgrade disagree (`Connection: foo,,upgrade` is enough) parts of an HTTP message
/// reach a handler that expects bytes, which ends the process. Behind the gate there is nothing for the parser to find.
///
/// Heads are bounded here, each of them and all together: a peer may send informational ones for as long as it likes, and
/// what is behind the gate is kept. Their lines must end in CR LF (RFC 9112, section 2.2, allows a bare LF, which nobody
/// sends), so that gate and parser see the same end.
final class HandshakeGate: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// What is to become of the bytes behind a head that was just let through.
  enum Decision {
    /// They stay until the gate is removed.
    case hold
    /// They are HTTP: a body.
    case forward
    /// Another head is to follow.
    case nextHead
  }

  private enum State {
    case head
    case hold
    case forward
    case failed
  }

  /// Most that all heads have together, with room for what proxies add, and most that is held behind one, in bytes.
  static let limit = 32_768
  /// Most heads, the one that counts included.
  static let headLimit = 8

  private let decide: (ByteBufferView) -> Decision
  private var state = State.head
  private var held = ByteBuffer()
  private var scanned = 0
  private var heads = 0
  private var headBytes = 0

  /// - Parameter decide: Asked about each head, after everybody has seen it.
  init(_ decide: @escaping (ByteBufferView) -> Decision) {
    self.decide = decide
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .forward:
      context.fireChannelRead(data)
    case .failed:
      break
    case .head, .hold:
      var bytes = unwrapInboundIn(data)
      held.writeBuffer(&bytes)
      pass(context)
    }
  }

  private func pass(_ context: ChannelHandlerContext) {
    while case .head = state, held.readableBytes > 0 {
      guard let length = headLength() else {
        if heads == Self.headLimit || headBytes + held.readableBytes > Self.limit { fail(context, .headerOverflow) }
        return
      }
      guard length > 0, heads < Self.headLimit, headBytes + length <= Self.limit,
        let head = held.readSlice(length: length)
      else { return fail(context, length > 0 ? .headerOverflow : .lfExpected) }
      scanned = 0
      heads += 1
      headBytes += length
      // Before the head is seen: an upgrade may remove this handler at once.
      state = .hold
      context.fireChannelRead(wrapInboundOut(head))
      guard case .hold = state else { return }
      switch decide(head.readableBytesView) {
      case .hold: break
      case .nextHead: state = .head
      case .forward:
        state = .forward
        release(context)
      }
    }
    if case .hold = state, held.readableBytes > Self.limit { fail(context, .headerOverflow) }
  }

  /// The length of the head that `held` begins with; 0 for one with a line that doesn't end in CR LF, or that is empty.
  private func headLength() -> Int? {
    let bytes = held.readableBytesView
    let start = bytes.startIndex
    for index in (start + scanned)..<bytes.endIndex where bytes[index] == UInt8(ascii: "\n") {
      guard index - start >= 2, bytes[index - 1] == UInt8(ascii: "\r") else { return 0 }
      if bytes[index - 2] == UInt8(ascii: "\n") { return index + 1 - start }
    }
    scanned = bytes.count
    return nil
  }

  private func fail(_ context: ChannelHandlerContext, _ error: HTTPParserError) {
    state = .failed
    held = ByteBuffer()
    context.fireErrorCaught(error)
  }

  private func release(_ context: ChannelHandlerContext) {
    guard held.readableBytes > 0 else { return }
    let bytes = held
    held = ByteBuffer()
    context.fireChannelRead(wrapInboundOut(bytes))
  }

  func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
    if case .hold = state {
      state = .forward
      release(context)
    }
    context.leavePipeline(removalToken: removalToken)
  }
}
