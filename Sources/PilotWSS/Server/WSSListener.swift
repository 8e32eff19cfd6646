package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import PilotIdentity
package import PilotTransport
package import PilotWire
import Synchronization

/// Accepts WebSocket connections for a beacon: TCP or TLS, the HTTP upgrade, authentication, and the connections after it.
package final class WSSListener: Sendable {
  /// Connections that wait in the kernel to be accepted, at most.
  private static let backlog: CInt = 4_096

  private let configuration: Configuration
  private let keys: any KeyDirectory
  private let dispatchers: @Sendable (any EventLoop) -> any WSSDispatcher
  private let admission: ConnectionAdmission
  private let budget: OutboundBudget
  private let lookups = KeyLookupShares()
  private let nextID = Atomic<UInt64>(1)
  private let outgoingAge: Mutex<Duration>
  private let serverChannel = Mutex<(any Channel)?>(nil)
  private let isResting = Atomic(false)

  /// - Parameters:
  ///   - keys: The nodes' known keys.
  ///   - dispatchers: The dispatcher of an event loop, the same at each call; called on that loop.
  package init(
    _ configuration: Configuration, keys: any KeyDirectory,
    dispatchers: @escaping @Sendable (any EventLoop) -> any WSSDispatcher
  ) {
    self.configuration = configuration
    outgoingAge = Mutex(configuration.limits.outgoingAge)
    self.keys = keys
    self.dispatchers = dispatchers
    budget = OutboundBudget(bytes: configuration.limits.outgoingBytesInAll)
    admission = ConnectionAdmission(
      configuration.limits, maximumOpen: configuration.maximumOpen, policy: configuration.policy)
  }

  /// Connections in any state.
  package var openConnections: Int { admission.openConnections }
  /// Connections that aren't authenticated.
  package var handshakes: Int { admission.handshakes }
  /// How many authenticated connections there may be.
  package var connectionLimit: Int { admission.limit }
  /// Whether there are as many authenticated connections as there may be: the next one is answered 503.
  package var isFull: Bool { admission.isFull }
  /// Whether connections are accepted: not before ``start(on:inherited:)`` has bound the socket, nor while the system has no descriptor
  /// for one more.
  package var isAccepting: Bool { serverChannel.withLock { $0 != nil } && !isResting.load(ordering: .relaxed) }

  /// Binds and begins to accept.
  ///
  /// - Parameter inherited: A socket that another process has bound there, which is this one's from now on.
  /// - Returns: The bound address.
  /// - Throws: `.bindFailed`.
  package func start(
    on group: any EventLoopGroup, inherited: CInt? = nil
  ) async throws(TransportError) -> Endpoint {
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Self.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { [self, configuration] channel in
        channel.eventLoop.makeCompletedFuture {
          // What is accepted inherits the options, and costs no calls for them.
          TCPTuning.apply(to: channel, deadAfter: configuration.limits.idleLimit)
          let pause = AcceptPause(at: configuration.address, logger: configuration.logger) { [weak self] isAccepting in
            self?.isResting.store(!isAccepting, ordering: .relaxed)
          }
          try channel.pipeline.syncOperations.addHandler(pause)
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: false)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try setUp(channel) }
      }
    let bound =
      if let inherited {
        try await ListeningSocket.adopt(bootstrap, inherited, at: configuration.address, backlog: Self.backlog)
      } else {
        try await ListeningSocket.bind(bootstrap, to: configuration.address, logger: configuration.logger)
      }
    serverChannel.withLock { $0 = bound.channel }
    return bound.address
  }

  /// Accepts nobody any more, without an end to what is open: another process does from now on. Waits for event loops, two seconds
  /// at most: not on one.
  ///
  /// - Parameter group: As for ``start(on:inherited:)``.
  package func stopListening(on group: any EventLoopGroup) throws {
    if let channel = serverChannel.withLock({ $0.take() }) { try ListeningSocket.giveUp(channel, servedOn: group) }
  }

  /// Lends the listening socket. Waits for its event loop, two seconds at most: not on one.
  package func withDescriptor<Result: Sendable>(
    _ body: @escaping @Sendable (CInt) -> Result?
  ) throws -> Result? {
    try serverChannel.withLock { $0 }.flatMap { try ListeningSocket.withDescriptor(of: $0, body) }
  }

  /// Puts other limits into force: how many connections there may be, and, for new ones, how old their frames may get. Those above
  /// a lower limit stay, and what this process may have open still bounds them.
  package func adopt(_ limits: WSSLimits) {
    admission.bound(authenticated: min(limits.maximumConnections, configuration.maximumOpen))
    outgoingAge.withLock { $0 = limits.outgoingAge }
  }

  /// Answers new requests to upgrade, and those after the health, with 503 from now on; what is open stays.
  package func refuseNew() {
    admission.refuseNew()
  }

  /// Answers those who ask after the health with 503 from now on, and admits newcomers all the same.
  package func announceLeave() {
    admission.announceLeave()
  }

  /// Stops accepting, closes every connection with 1012 or 1001, and waits until they are gone, a few seconds at most.
  package func shutDown() async {
    if let channel = serverChannel.withLock({ $0.take() }) {
      try? await channel.close()
    }
    await admission.closeAll()
  }

  /// Takes a connection that was accepted: all that follows happens in its pipeline.
  package func setUp(_ channel: any Channel) throws {
    let remote = channel.remoteAddress.flatMap { Endpoint(address: $0) } ?? .wssBeacon
    let connection = IncomingConnection(
      channel, from: remote, admission: admission, report: configuration.onFailure)
    guard connection.arrive(limit: configuration.limits.handshakeLimit) else { return }
    try configuration.sizes.apply(to: channel)
    let pipeline = channel.pipeline.syncOperations
    let isFromProxy = admission.trusts(remote)
    if isFromProxy || configuration.tls != nil {
      try pipeline.addHandler(firstBytes(of: connection, on: channel, isFromProxy: isFromProxy))
    }
    if let tls = configuration.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
    try pipeline.addHandler(
      FirstRequestHandler(
        decide: { [self] head in decide(head, connection, channel) },
        fail: { reason, detail in connection.fail(reason, detail) }))
  }

  private func firstBytes(
    of connection: IncomingConnection, on channel: any Channel, isFromProxy: Bool
  ) -> FirstBytesHandler {
    func close(_ reason: HandshakeFailure.Reason) {
      connection.fail(reason)
      channel.cutOff()
    }
    return FirstBytesHandler(
      FirstBytesHandler.Expectation(takesProxyHeader: isFromProxy, isTLS: configuration.tls != nil),
      name: { header in
        guard let refusal = connection.name(header.client) else { return true }
        close(refusal)
        return false
      },
      fail: close)
  }

  private func decide(
    _ head: HTTPRequestHead, _ connection: IncomingConnection, _ channel: any Channel
  ) -> FirstRequestHandler.Decision {
    if let refusal = connection.read(head.headers) { return .answer(WSSRequests.refusal(refusal), refusal) }
    let room = admission.room()
    switch (WSSRequests.read(head, subprotocols: configuration.subprotocols, isDraining: admission.isLeaving), room) {
    case (.other(let answer), _):
      // That it drains is an answer, too.
      if !answer.isError || answer.status == .serviceUnavailable { connection.end() }
      return .answer(answer)
    case (.upgrade, .full): return .answer(WSSRequests.refusal(room), .atCapacity)
    case (.upgrade, .draining): return .answer(WSSRequests.refusal(room), .draining)
    case (.upgrade(let fields, let subprotocol), .granted):
      return .upgrade(fields) { [self] in
        connection.upgrade()
        try upgraded(channel, to: subprotocol, from: connection.client)
      }
    }
  }

  private func upgraded(
    _ channel: any Channel, to subprotocol: PilotSubprotocol, from remote: Endpoint
  ) throws {
    var limits = OutboundQueue.Limits(
      bytes: configuration.limits.outgoingBytes, age: outgoingAge.withLock { $0 })
    limits.first = 0...FrameLimits.maximumOfDeployedClients
    let outbound = OutboundQueue(
      role: .server, limits: limits, chunkBytes: configuration.sizes.chunk, overflow: .dropOldest, budget: budget,
      now: { .now() })
    let local = channel.localAddress.flatMap { Endpoint(address: $0) }
    let environment = WSSServerPeer.Environment(
      keys: keys, lookups: lookups, unixTime: configuration.unixTime,
      dispatcher: dispatchers(channel.eventLoop),
      nextID: { [self] in nextID.wrappingAdd(1, ordering: .relaxed).oldValue },
      admit: { [admission] in admission.authenticate(channel) }, loop: channel.eventLoop,
      isOwnName: { [names = configuration.names] in names.contains($0, at: local) })
    var generator = SystemRandomNumberGenerator()
    let peer = WSSServerPeer(
      environment: environment, remote: remote, subprotocol: subprotocol, outbound: outbound,
      nonce: .random(using: &generator))
    let handler = WebSocketChannelHandler(
      role: .server, peer: peer, outbound: outbound, times: configuration.times, sizes: configuration.sizes)
    admission.onLeave(of: channel) { [weak handler, weak peer] leave in
      switch leave {
      case .shutDown:
        handler?.perform(.leave(.sendingAway(isOwn: subprotocol.isOwn)))
      case .making:
        peer?.displace()
        channel.cutOff()
      }
    }
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}
