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
  private let phase: @Sendable () -> BeaconLifecycle.Phase
  private let statistics: @Sendable () -> BeaconStatistics
  private let open = Atomic<Int>(0)
  private let listener = Mutex<(any Channel)?>(nil)

  /// - Parameters:
  ///   - logger: Hears of troubles of the listening socket.
  ///   - phase: The server's, which its health depends on.
  init(
    logger: Logger, phase: @escaping @Sendable () -> BeaconLifecycle.Phase,
    statistics: @escaping @Sendable () -> BeaconStatistics
  ) {
    self.logger = logger
    self.phase = phase
    self.statistics = statistics
  }

  /// Binds and begins to answer.
  /// - Throws: `.bindFailed`.
  func start(at address: Endpoint, on group: any EventLoopGroup) async throws(TransportError) -> Endpoint {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { [logger] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause(at: address, logger: logger))
        }
      }
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try setUp(channel) }
      }
    let bound = try await ListeningSocket.bind(bootstrap, to: address, logger: logger)
    listener.withLock { $0 = bound.channel }
    return bound.address
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
    try channel.pipeline.syncOperations.addHandler(StatusResponder(phase: phase, statistics: statistics))
  }
}

/// Answers one request.
private final class StatusResponder: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let phase: () -> BeaconLifecycle.Phase
  private let statistics: () -> BeaconStatistics
  private var head: HTTPRequestHead?

  init(phase: @escaping () -> BeaconLifecycle.Phase, statistics: @escaping () -> BeaconStatistics) {
    self.phase = phase
    self.statistics = statistics
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end: head.take().map { answer(to: $0).send(to: $0, in: context) }
    }
  }

  private func answer(to request: HTTPRequestHead) -> HTTPAnswer {
    guard request.method == .GET || request.method == .HEAD else {
      return HTTPAnswer(.methodNotAllowed, "Only GET is served.\n", fields: ["Allow": "GET, HEAD"])
    }
    let uncached: HTTPHeaders = ["Cache-Control": "no-store"]
    switch request.targetPath {
    case "/health", "/healthz":
      // Whoever sends peers here is to send them elsewhere while there is time.
      return phase() == .serving
        ? HTTPAnswer(.ok, "ok\n", fields: uncached) : HTTPAnswer(.serviceUnavailable, "draining\n", fields: uncached)
    case "/metrics":
      return HTTPAnswer(
        .ok, BeaconMetrics(statistics()).exposition, type: "text/plain; version=0.0.4; charset=utf-8", fields: uncached)
    case "/":
      return HTTPAnswer(.ok, BeaconMetrics(statistics()).page, type: "text/html; charset=utf-8", fields: uncached)
    default:
      return HTTPAnswer(.notFound, "There are /, /health, /healthz and /metrics.\n")
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
