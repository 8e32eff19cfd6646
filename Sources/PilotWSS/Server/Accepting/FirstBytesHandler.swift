import NIOCore

/// Looks at the first bytes of a connection before TLS does: a trusted proxy may say there whom it speaks for. Leaves the
/// pipeline when it has seen what they are.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// What the other end may begin with.
  struct Expectation {
    /// Whether a header of the PROXY protocol is believed.
    var takesProxyHeader: Bool
    /// Whether TLS follows.
    var isTLS: Bool
  }

  /// The first byte of a TLS record with a handshake message (RFC 8446, section 5.1).
  private static let handshakeRecord: UInt8 = 22

  private let expectation: Expectation
  private let name: (ProxyHeader) -> Bool
  private let fail: (HandshakeFailure.Reason) -> Void
  private var held = ByteBuffer()
  private var hasFailed = false

  /// - Parameters:
  ///   - name: Hears what a trusted proxy says; false if the connection was closed for it.
  ///   - fail: Closes the connection, for this reason.
  init(
    _ expectation: Expectation, name: @escaping (ProxyHeader) -> Bool,
    fail: @escaping (HandshakeFailure.Reason) -> Void
  ) {
    self.expectation = expectation
    self.name = name
    self.fail = fail
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasFailed else { return }
    held.writeImmutableBuffer(unwrapInboundIn(data))
    do throws(ProxyHeader.Fault) {
      switch try ProxyHeader.find(in: held.readableBytesSpan) {
      case .incomplete:
        break
      case .none:
        pass(context)
      case .header(let header):
        guard expectation.takesProxyHeader else { return end(.proxyUntrusted) }
        held.moveReaderIndex(forwardBy: header.length)
        if name(header) { pass(context) } else { hasFailed = true }
      }
    } catch {
      end(expectation.takesProxyHeader ? .proxyMalformed : .proxyUntrusted)
    }
  }

  private func pass(_ context: ChannelHandlerContext) {
    if expectation.isTLS, let first = held.readableBytesView.first, first != Self.handshakeRecord {
      return end(.notTLS)
    }
    let rest = held
    held = ByteBuffer()
    if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func end(_ reason: HandshakeFailure.Reason) {
    hasFailed = true
    held = ByteBuffer()
    fail(reason)
  }
}
