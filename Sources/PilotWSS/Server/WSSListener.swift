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
  private let configuration: Configuration
  private let keys: any KeyDirectory
  private let dispatchers: @Sendable (any EventLoop) -> any WSSDispatcher
  private let admission: ConnectionAdmission
  private let budget: OutboundBudget
  private let lookups = KeyLookups()
  private let nextID = Atomic<UInt64>(1)
  private let serverChannel = Mutex<(any Channel)?>(nil)

  /// - Parameters:
  ///   - keys: The nodes' known keys.
  ///   - dispatchers: The dispatcher of an event loop, the same at each call; called on that loop.
  package init(
    _ configuration: Configuration, keys: any KeyDirectory,
    dispatchers: @escaping @Sendable (any EventLoop) -> any WSSDispatcher
  ) {
    self.configuration = configuration
    self.keys = keys
    self.dispatchers = dispatchers
    budget = OutboundBudget(bytes: configuration.limits.outgoingBytesInAll)
    admission = ConnectionAdmission(
      maximumConnections: configuration.limits.maximumConnections,
      maximumHandshakes: configuration.limits.maximumHandshakes,
      maximumOpen: configuration.maximumOpen)
  }

  /// Connections in any state.
  package var openConnections: Int { admission.openConnections }
  /// Upgrades answered 503, and connections closed because too many were handshaking.
  package var turnedAway: Int { admission.turnedAway }

  /// Binds and begins to accept.
  ///
  /// - Returns: The bound address.
  /// - Throws: `.bindFailed`.
  package func start(on group: any EventLoopGroup) async throws(TransportError) -> Endpoint {
    do {
      let channel = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 4_096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .serverChannelInitializer { [configuration] channel in
          channel.eventLoop.makeCompletedFuture {
            let pause = AcceptPause(at: configuration.address, logger: configuration.logger)
            try channel.pipeline.syncOperations.addHandler(pause)
          }
        }
        .childChannelOption(.allowRemoteHalfClosure, value: false)
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture { try setUp(channel) }
        }
        .bind(to: SocketAddress(endpoint: configuration.address))
        .get()
      serverChannel.withLock { $0 = channel }
      return channel.localAddress.flatMap { Endpoint(address: $0) } ?? configuration.address
    } catch {
      throw TransportError(
        code: .bindFailed,
        message: "TCP \(configuration.address) could not be bound; is the port in use or privileged?",
        cause: error)
    }
  }

  /// Answers new requests to upgrade, and those after the health, with 503 from now on; what is open stays.
  package func refuseNew() {
    admission.refuseNew()
  }

  /// Stops accepting, closes every connection with 1001, and waits until they are gone, a few seconds at most.
  package func shutDown() async {
    if let channel = serverChannel.withLock({ $0.take() }) {
      try? await channel.close()
    }
    await admission.closeAll()
  }

  /// Takes a connection that was accepted: all that follows happens in its pipeline.
  package func setUp(_ channel: any Channel) throws {
    guard admission.accept(channel) else {
      channel.close(promise: nil)
      return
    }
    TCPTuning.apply(to: channel, deadAfter: configuration.limits.idleLimit)
    try configuration.sizes.apply(to: channel)
    let loop = channel.eventLoop
    let limit = loop.scheduleTask(in: TimeAmount(configuration.limits.handshakeLimit)) { channel.cutOff() }
    channel.closeFuture.whenComplete { _ in limit.cancel() }
    let pipeline = channel.pipeline.syncOperations
    if let tls = configuration.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
    var isUpgrading = false
    let gate = HandshakeGate { _ in isUpgrading ? .hold : .forward }
    try pipeline.addHandler(gate)
    let responder = WSSHTTPResponder { [admission] in admission.isRefusing }
    let bound = NIOLoopBound(responder, eventLoop: loop)
    let upgrader = WSSServerUpgrader(
      admit: { [admission] in
        isUpgrading = admission.upgrade(channel)
        return isUpgrading
      },
      onUpgrade: { [self] context in
        limit.cancel()
        try upgraded(context)
        context.pipeline.syncOperations.removeHandler(gate, promise: nil)
      })
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false,
      withServerUpgrade: (
        upgraders: [upgrader],
        completionHandler: { context in
          context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
        }
      ),
      withErrorHandling: false,
      withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
      withDecoderLimitConfiguration: .handshake)
    try pipeline.addHandler(responder)
  }

  private func upgraded(_ context: ChannelHandlerContext) throws {
    var limits = OutboundQueue.Limits(
      bytes: configuration.limits.outgoingBytes, age: configuration.limits.outgoingAge)
    limits.first = 0...FrameLimits.maximumOfDeployedClients
    let outbound = OutboundQueue(
      role: .server, limits: limits, chunkBytes: configuration.sizes.chunk, overflow: .dropOldest, budget: budget,
      now: { .now() })
    let environment = WSSServerPeer.Environment(
      keys: keys, lookups: lookups, unixTime: configuration.unixTime, dispatcher: dispatchers(context.eventLoop),
      nextID: { [self] in nextID.wrappingAdd(1, ordering: .relaxed).oldValue }, loop: context.eventLoop)
    let remote = context.channel.remoteAddress.flatMap { Endpoint(address: $0) } ?? .wssBeacon
    var generator = SystemRandomNumberGenerator()
    let peer = WSSServerPeer(
      environment: environment, remote: remote, outbound: outbound, nonce: .random(using: &generator))
    let handler = WebSocketChannelHandler(
      role: .server, peer: peer, outbound: outbound, times: configuration.times, sizes: configuration.sizes)
    let farewell = WebSocketReaction.close(WebSocketCloseFrame(.goingAway, reason: "the beacon shuts down"))
    admission.onShutDown(of: context.channel) { [weak handler] in handler?.perform(farewell) }
    try context.pipeline.syncOperations.addHandler(handler)
  }
}
