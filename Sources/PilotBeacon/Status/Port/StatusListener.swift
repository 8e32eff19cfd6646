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
  /// From the connection to the end of the answer.
  private static let requestLimit: Duration = .seconds(10)

  /// Connections at most, in all and of one source. A newcomer gets in all the same.
  private static let limits = {
    var limits = WSSLimits()
    limits.maximumHandshakes = 64
    limits.handshakesPerSource = 16
    limits.dialsPerSource = 0
    return limits
  }()

  private let logger: Logger
  private let answers: StatusAnswers
  private let onFailure: @Sendable (HandshakeFailure) -> Void
  private let admission = ConnectionAdmission(limits)
  private let listener = Mutex<(any Channel)?>(nil)

  /// - Parameters:
  ///   - names: Host names by which it may be asked, beside `localhost` and IP addresses.
  ///   - logger: Hears of troubles of the listening socket.
  ///   - phase: The server's, which its health depends on.
  ///   - onFailure: Hears of each connection that isn't served. On any event loop.
  init(
    names: [String], logger: Logger, phase: @escaping @Sendable () -> BeaconLifecycle.Phase,
    onFailure: @escaping @Sendable (HandshakeFailure) -> Void,
    statistics: @escaping @Sendable () -> BeaconStatistics
  ) {
    self.logger = logger
    self.onFailure = onFailure
    answers = StatusAnswers(names: Set(names.map { $0.lowercased() }), phase: phase, statistics: statistics)
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
    await admission.closeAll()
  }

  private func setUp(_ channel: any Channel) throws {
    let remote = channel.remoteAddress.flatMap { Endpoint(address: $0) } ?? .any(port: 0)
    let connection = IncomingConnection(channel, from: remote, admission: admission, report: onFailure)
    guard connection.arrive(limit: Self.requestLimit) else { return }
    try channel.pipeline.syncOperations.addHandler(
      FirstRequestHandler(
        decide: { [answers] head in
          let answer = answers.answer(to: head)
          // That it drains is an answer, too.
          if answer.status.code < 400 || answer.status == .serviceUnavailable { connection.end() }
          return .answer(answer)
        },
        fail: { reason, detail in connection.fail(reason, detail) }))
  }
}
