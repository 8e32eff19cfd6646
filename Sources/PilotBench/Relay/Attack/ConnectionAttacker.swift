import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Opens TLS connections from one address.
final class ConnectionAttacker: Attacker {
  enum Kind: Sendable {
    /// So many a second, each closed once its handshake is done.
    case dials(perSecond: Int)
    /// So many at once: each asks to upgrade and is silent then, and is replaced when the beacon closes it.
    case holds(Int)
  }

  private let beacon: Endpoint
  private let kind: Kind
  private let tls: NIOSSLContext
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let open = Atomic<Int>(0)
  private let made = Atomic<Int>(0)

  /// Connections under way at most, when they come at a rate.
  private static let crowd = 512
  private static let nap: UInt64 = 1_000_000

  init(beacon: Endpoint, kind: Kind) throws {
    (self.beacon, self.kind) = (beacon, kind)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    tls = try NIOSSLContext(configuration: configuration)
  }

  func attack() async -> Int {
    let start = MonotonicInstant.now()
    var pacer = Pacer(rate: 1_000)
    if case .dials(let rate) = kind { pacer = Pacer(rate: rate) }
    while !Task.isCancelled {
      let due = pacer.due(after: MonotonicInstant.now().nanoseconds - start.nanoseconds)
      for _ in 0..<due where open.load(ordering: .relaxed) < limit { connect() }
      try? await Task.sleep(for: .nanoseconds(Int64(Self.nap)), tolerance: .zero)
    }
    try? await group.shutdownGracefully()
    return made.load(ordering: .relaxed)
  }

  private var limit: Int {
    switch kind {
    case .dials: Self.crowd
    case .holds(let count): count
    }
  }

  private func connect() {
    open.add(1, ordering: .relaxed)
    made.add(1, ordering: .relaxed)
    guard let source = try? SocketAddress(endpoint: AttackerCommand.source) else { return }
    guard let target = try? SocketAddress(endpoint: beacon) else { return }
    let request: String?
    switch kind {
    case .dials: request = nil
    case .holds: request = Self.upgrade(at: beacon)
    }
    let connection = ClientBootstrap(group: group)
      .bind(to: source)
      .channelInitializer { [tls] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            NIOSSLClientHandler(context: tls, serverHostname: nil), SilentPeer(request: request),
          ])
        }
      }
      .connect(to: target)
    connection.whenFailure { [self] _ in open.subtract(1, ordering: .relaxed) }
    connection.whenSuccess { [self] channel in
      channel.closeFuture.whenComplete { [self] _ in open.subtract(1, ordering: .relaxed) }
    }
  }

  private static func upgrade(at beacon: Endpoint) -> String {
    """
    GET \(WSSURL.defaultPath) HTTP/1.1\r
    Host: \(beacon)\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Version: 13\r
    Sec-WebSocket-Key: \(WebSocketKey.random().text)\r
    Sec-WebSocket-Protocol: pilot.v1\r
    \r

    """
  }
}

/// What a connection does after its TLS handshake: it closes, or sends its request and says no more.
private final class SilentPeer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let request: String?

  init(request: String?) {
    self.request = request
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .handshakeCompleted = event as? TLSUserEvent else { return }
    guard let request else { return context.close(promise: nil) }
    context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
