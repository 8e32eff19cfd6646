public import Logging
import NIOCore
import NIOPosix
public import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
public import ServiceLifecycle
import Synchronization

/// A beacon: relays frames between nodes on UDP and nodes on WebSocket connections.
///
/// ``start(_:keys:logger:)`` binds the sockets, ``run()`` serves until it is told to stop. Graceful shutdown tells the
/// connected peers, so that they look for another beacon at once; cancellation ends abruptly.
public final class BeaconServer: Service {
  /// Where it can be reached.
  public let addresses: Addresses
  let udp: UDPTransport
  let listener: CompatListener?
  let engine: RelayEngine
  private let authenticator: KeyedDiscoverAuthenticator
  let losses: RelayLosses
  let journal: BeaconJournal
  private let tls: ServerTLS?
  private let logger: Logger

  /// How often the table of nodes is swept, and how many slots are looked at: each of 700,000 in half a minute.
  private static let sweep = (interval: Duration.seconds(1), slots: 25_000)
  /// How often the certificate's files are looked at.
  private static let tlsReloadInterval: Duration = .seconds(2)

  private init(
    addresses: Addresses, udp: UDPTransport, listener: CompatListener?, engine: RelayEngine,
    authenticator: KeyedDiscoverAuthenticator, losses: RelayLosses, journal: BeaconJournal, tls: ServerTLS?,
    logger: Logger
  ) {
    self.addresses = addresses
    self.udp = udp
    self.listener = listener
    self.engine = engine
    self.authenticator = authenticator
    self.losses = losses
    self.journal = journal
    self.tls = tls
    self.logger = logger
  }

  /// Binds all sockets.
  ///
  /// From now on datagrams and connections wait in the kernel, and connections are accepted; ``run()`` has to follow.
  ///
  /// - Parameters:
  ///   - keys: Which key belongs to which node.
  ///   - logger: Gets comings and goings at debug, refusals and troubles above. No line per datagram.
  /// - Throws: `TransportError` with `.bindFailed` or `.invalidConfiguration`. Nothing stays bound then.
  public static func start(
    _ configuration: Configuration, keys: any KeyDirectory, logger: Logger
  ) async throws -> BeaconServer {
    var generator = SystemRandomNumberGenerator()
    let engine = RelayEngine(configuration.router, seed: generator.next())
    let authenticator = KeyedDiscoverAuthenticator(keys: keys)
    let losses = RelayLosses()
    let journal = BeaconJournal(logger: logger)
    let tls = try configuration.wss?.tls.map { try ServerTLS(certificate: $0.certificate, key: $0.key) }
    var sockets = UDPTransport.Configuration()
    sockets.bindTo = configuration.udp
    sockets.receiveBufferBytes = configuration.socketBufferBytes
    sockets.sendBufferBytes = configuration.socketBufferBytes
    let udp = try UDPTransport.bind(sockets)
    do {
      let dispatchers = LoopDispatchers { [udp] in
        let relay = FrameRelay(engine: engine, udp: udp, authenticator: authenticator, losses: losses)
        return WSSDispatcher(engine: engine, relay: relay, journal: journal)
      }
      let listener = configuration.wss.map { settings in
        CompatListener(
          CompatListener.Configuration(settings, tls: tls), keys: keys,
          dispatchers: { loop in dispatchers.dispatcher(for: loop) })
      }
      let wss = try await listener?.start(on: MultiThreadedEventLoopGroup.singleton)
      return BeaconServer(
        addresses: Addresses(udp: udp.localEndpoint, wss: wss), udp: udp, listener: listener, engine: engine,
        authenticator: authenticator, losses: losses, journal: journal, tls: tls, logger: logger)
    } catch {
      udp.close()
      throw error
    }
  }

  /// Serves until the task is cancelled or a graceful shutdown begins. Call it once.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskCancellationHandler {
        await serve()
      } onCancel: {
        stop()
      }
    } onGracefulShutdown: {
      self.stop()
    }
    await listener?.shutDown()
  }

  /// Ends ``run()`` as a graceful shutdown does. Returns at once; from anywhere, as often as you like.
  public func stop() {
    udp.close()
  }

  /// All loops end when the UDP transport is closed, which is how this server is stopped.
  private func serve() async {
    await withTaskGroup { group in
      group.addTask { await self.sweepRegularly() }
      group.addTask { await self.reloadRegularly() }
      group.addTask { await self.watchEvents() }
      await relayDatagrams()
      group.cancelAll()
    }
  }

  /// On the socket's own thread: receive, decide, send, without a hop in between.
  private func relayDatagrams() async {
    let relay = FrameRelay(engine: engine, udp: udp, authenticator: authenticator, losses: losses)
    await withTaskExecutorPreference(udp.executor) {
      do {
        var receiver = try udp.makeReceiver()
        while true {
          try await receiver.receive { frame, source in
            relay.relay(frame, from: .udp(source), at: .now())
          }
          relay.flush()
        }
      } catch {
        // Only closing ends a receiver, and closing is how this server is stopped.
      }
    }
  }

  private func watchEvents() async {
    let relay = FrameRelay(engine: engine, udp: udp, authenticator: authenticator, losses: losses)
    for await event in udp.events {
      switch event {
      case .unreachable(let endpoint, _):
        for answer in engine.unreachable(endpoint, at: .now()) {
          if case .udp(let claimant) = answer.origin { relay.send(answer, to: claimant) }
        }
        relay.flush()
      case .notice(let text):
        logger.notice("\(text)")
      case .connected, .reconnecting, .reconnected, .closed:
        break
      }
    }
  }

  private func sweepRegularly() async {
    while (try? await Task.sleep(for: Self.sweep.interval)) != nil {
      engine.expire(at: .now(), limit: Self.sweep.slots)
    }
  }

  private func reloadRegularly() async {
    guard let tls else { return }
    while (try? await Task.sleep(for: Self.tlsReloadInterval)) != nil {
      switch tls.reloadIfChanged() {
      case .unchanged: break
      case .reloaded: logger.info("The new certificate is in use for new connections")
      case .refused(let error): logger.error("The new certificate is refused, the old one stays", metadata: ["error": "\(error)"])
      }
    }
  }
}
