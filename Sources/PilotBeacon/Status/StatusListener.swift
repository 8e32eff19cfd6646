import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Shows an operator what a beacon does: `/health` and `/healthz`, `/metrics` for Prometheus, and a page at `/`. For trusted
/// networks: there is no authentication.
final class StatusListener: Sendable {
  /// Connections at most; further ones are closed at once.
  private static let maximumConnections = 64
  /// From the connection to the end of the answer.
  private static let requestLimit: TimeAmount = .seconds(10)

  private let logger: Logger
  private let statistics: @Sendable () -> BeaconStatistics
  private let open = Atomic<Int>(0)
  private let listener = Mutex<(any Channel)?>(nil)

  /// - Parameter logger: Hears of troubles of the listening socket.
  init(logger: Logger, statistics: @escaping @Sendable () -> BeaconStatistics) {
    self.logger = logger
    self.statistics = statistics
  }

  /// Binds and begins to answer.
  /// - Throws: `.bindFailed`.
  func start(at address: Endpoint, on group: any EventLoopGroup) async throws(TransportError) -> Endpoint {
    do {
      let channel = try await ServerBootstrap(group: group)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .serverChannelInitializer { [logger] channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcceptPause(at: address, logger: logger))
          }
        }
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture { try setUp(channel) }
        }
        .bind(to: SocketAddress(endpoint: address))
        .get()
      listener.withLock { $0 = channel }
      return channel.localAddress.flatMap { Endpoint(address: $0) } ?? address
    } catch {
      throw TransportError(
        code: .bindFailed, message: "TCP \(address) could not be bound; is the port in use or privileged?", cause: error
      )
    }
  }

  func shutDown() async {
    guard let channel = listener.withLock({ $0.take() }) else { return }
    try? await channel.close()
  }

  private func setUp(_ channel: any Channel) throws {
    guard open.add(1, ordering: .relaxed).newValue <= Self.maximumConnections else {
      open.subtract(1, ordering: .relaxed)
      channel.close(promise: nil)
      return
    }
    let limit = channel.eventLoop.scheduleTask(in: Self.requestLimit) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { [self] _ in
      limit.cancel()
      open.subtract(1, ordering: .relaxed)
    }
    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
      withPipeliningAssistance: true, withServerUpgrade: nil, withErrorHandling: true,
      withEncoderConfiguration: HTTPResponseEncoder.Configuration(), withDecoderLimitConfiguration: .handshake)
    try channel.pipeline.syncOperations.addHandler(StatusResponder(statistics: statistics))
  }
}

/// Answers one request.
private final class StatusResponder: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let statistics: () -> BeaconStatistics
  private var head: HTTPRequestHead?

  init(statistics: @escaping () -> BeaconStatistics) {
    self.statistics = statistics
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end: head.take().map { answer($0, context: context) }
    }
  }

  private func answer(_ request: HTTPRequestHead, context: ChannelHandlerContext) {
    let (status, type, text) = content(for: request)
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "Content-Type", value: type)
    head.headers.add(name: "Content-Length", value: String(text.utf8.count))
    head.headers.add(name: "Cache-Control", value: "no-store")
    head.headers.add(name: "Connection", value: "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
  }

  private func content(for request: HTTPRequestHead) -> (HTTPResponseStatus, type: String, text: String) {
    guard request.method == .GET || request.method == .HEAD else {
      return (.methodNotAllowed, "text/plain; charset=utf-8", "Only GET is served.\n")
    }
    switch request.targetPath {
    case "/health", "/healthz":
      return (.ok, "text/plain; charset=utf-8", "ok\n")
    case "/metrics":
      return (.ok, "text/plain; version=0.0.4; charset=utf-8", BeaconMetrics(statistics()).exposition)
    case "/":
      return (.ok, "text/html; charset=utf-8", BeaconMetrics(statistics()).page)
    default:
      return (.notFound, "text/plain; charset=utf-8", "There are /, /health, /healthz and /metrics.\n")
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
