import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// Shows an operator what a beacon does: `/health`, `/healthz` and `/ready` to everybody; `/metrics` for Prometheus, `/status.json`,
/// and a page at `/` that lives by `/events`, to whom ``StatusAccess`` lets.
final class StatusListener: Sendable {
  /// From the connection to the end of the answer.
  private static let requestLimit: Duration = .seconds(10)

  /// Connections at most, in all and of one source. A newcomer gets in all the same.
  private static let limits = {
    var limits = WSSLimits()
    limits.maximumHandshakes = 64
    limits.handshakesPerSource = 16
    limits.dialsPerSource = 0
    // Those that watch.
    limits.maximumConnections = StatusFeed.watcherLimit
    return limits
  }()

  /// What it shows.
  let feed: StatusFeed
  private let logger: Logger
  private let answers: StatusAnswers
  private let onFailure: @Sendable (HandshakeFailure) -> Void
  private let admission = ConnectionAdmission(limits)
  private let listener = Mutex<(any Channel)?>(nil)

  /// - Parameters:
  ///   - names: Host names by which it may be asked, beside `localhost` and IP addresses.
  ///   - access: Who may read more than health.
  ///   - logger: Hears of troubles of the listening socket.
  ///   - feed: What it shows.
  ///   - onFailure: Hears of each connection that isn't served. On any event loop.
  init(
    names: [String], access: StatusAccess, logger: Logger, feed: StatusFeed,
    onFailure: @escaping @Sendable (HandshakeFailure) -> Void
  ) {
    self.feed = feed
    self.logger = logger
    self.onFailure = onFailure
    answers = StatusAnswers(names: Set(names.map { $0.lowercased() }), access: access, feed: feed)
  }

  /// Binds and begins to answer.
  ///
  /// - Parameter inherited: A socket that another process has bound there, which is this one's from now on.
  /// - Throws: `.bindFailed`.
  func start(
    at address: Endpoint, on group: any EventLoopGroup, inherited: CInt? = nil
  ) async throws(TransportError) -> Endpoint {
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
    let bound =
      if let inherited {
        try await ListeningSocket.adopt(bootstrap, inherited, at: address, backlog: 128)
      } else {
        try await ListeningSocket.bind(bootstrap, to: address, logger: logger)
      }
    listener.withLock { $0 = bound.channel }
    return bound.address
  }

  /// Accepts nobody any more, without an end to what is open: another process does from now on. Waits for event loops, two seconds
  /// at most: not on one.
  ///
  /// - Parameter group: As for ``start(at:on:inherited:)``.
  func stopListening(on group: any EventLoopGroup) throws {
    if let channel = listener.withLock({ $0.take() }) { try ListeningSocket.giveUp(channel, servedOn: group) }
  }

  /// Lends the listening socket. Waits for its event loop, two seconds at most: not on one.
  func withDescriptor<Result: Sendable>(_ body: @escaping @Sendable (CInt) -> Result?) throws -> Result? {
    try listener.withLock { $0 }.flatMap { try ListeningSocket.withDescriptor(of: $0, body) }
  }

  func shutDown() async {
    if let channel = listener.withLock({ $0.take() }) { try? await channel.close() }
    await admission.closeAll()
  }

  private func setUp(_ channel: any Channel) throws {
    let remote = channel.remoteAddress.flatMap { Endpoint(address: $0) } ?? .any(port: 0)
    let connection = IncomingConnection(channel, from: remote, admission: admission, report: onFailure)
    guard connection.arrive(limit: Self.requestLimit) else { return }
    try channel.pipeline.syncOperations.addHandler(
      FirstRequestHandler(
        decide: { [self] head in decide(head, connection, channel, remote) },
        fail: { reason, detail in connection.fail(reason, detail) }))
  }

  private func decide(
    _ head: HTTPRequestHead, _ connection: IncomingConnection, _ channel: any Channel, _ remote: Endpoint
  ) -> FirstRequestHandler.Decision {
    switch answers.response(to: head, from: remote) {
    case .answer(let answer):
      // That it drains is an answer, too.
      if answer.status.code < 400 || answer.status == .serviceUnavailable { connection.end() }
      return .answer(answer)
    case .events(let fields):
      guard admission.authenticate(channel) else {
        return .answer(HTTPAnswer(.serviceUnavailable, "\(StatusFeed.watcherLimit) watch already.\n"), .atCapacity)
      }
      return .stream(fields) { [feed] in
        connection.upgrade()
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: StatusFeed.backlogLimit)
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: mark)
        feed.watch(channel)
      }
    }
  }
}
