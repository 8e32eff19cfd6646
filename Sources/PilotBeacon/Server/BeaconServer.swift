public import Logging
import NIOCore
import NIOPosix
public import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire
public import ServiceLifecycle

/// A beacon: relays frames between nodes on UDP and nodes on WebSocket connections.
///
/// ``start(_:keys:logger:)`` binds the sockets, ``run()`` serves until it is told to stop. Graceful shutdown admits no new
/// connections, tells the connected peers when to come back and where, and goes on relaying until they are gone, for
/// ``Configuration/Drain/window`` at most: see <doc:RestartingABeacon>. Cancellation leaves all that out.
public final class BeaconServer: Service {
  /// Where it can be reached.
  public let addresses: Addresses
  let parts: Parts
  let listening: Listening

  /// Where connections are accepted, and by whom.
  struct Listening: Sendable {
    let group: any EventLoopGroup
    /// Where the beacon after this one asks for what there is; nil for nowhere.
    let takeover: String?
    /// Sockets of the beacon before, which are accepted on when it does so no more.
    let inherited: InheritedSockets
    let whenServing: @Sendable (Addresses) -> Void
  }

  /// What a beacon is made of.
  struct Parts: Sendable {
    let keys: any KeyDirectory
    /// Keys that change from the start on, so that none is missed before the server runs.
    let keyChanges: KeyChanges
    let udp: UDPSockets
    let listener: WSSListener?
    let status: StatusListener?
    let engine: RelayEngine
    let authenticator: KeyedDiscoverAuthenticator
    let verifications: VerificationQueue
    let totals: RelayTotals
    let addresses: AddressPolicy
    let journal: BeaconJournal
    let tls: ServerTLS?
    let token: StatusToken?
    let certificate: CertificateWarning
    let neighbours: NeighbourExchange?
    let cluster: BeaconCluster?
    /// What is left to be done of taking over from another beacon; nil for one that hasn't.
    let takeover: BeaconTakeover?
    let takeovers: TakeoverTotals
    /// The first of the numbers under which neighbours know this beacon's nodes.
    let beaconID: UInt32
    /// Where the loops that read the UDP sockets are halted while somebody takes over.
    let gate: ReadGate
    let registration: RegistryRegistration?
    let advertised: AdvertisedAddresses
    let drain: DrainSettings
    let drainTotals: DrainTotals
    let shutdown: BeaconShutdown
    let logger: Logger

    /// A relay for one more source of frames, which leave by this socket.
    func makeRelay(over socket: UDPTransport) -> FrameRelay {
      FrameRelay(
        engine: engine, udp: socket, authenticator: authenticator, totals: totals, policy: addresses,
        lane: cluster?.peers.makeLane(), submit: verifications.submit)
    }
  }

  /// How often the table of nodes is swept, and how many slots are looked at in each of how many holds of the lock: each of
  /// 900,000 in ten seconds. What is removed has its slot looked at twice more, so that a table full of what has run out is
  /// empty, and its memory given back, after half a minute.
  private static let sweep = (interval: Duration.seconds(1), turns: 4, slots: 25_000)
  /// How often the router is told the time, for the questions to endpoints whose node is claimed: a part of a second.
  private static let tickInterval: Duration = .milliseconds(250)
  /// Each connection's key is looked at again once in so many sweeps, a part of them in each.
  private static let sweepsPerKey: UInt64 = 60
  /// Once in so many sweeps the log is told whose frames were dropped, if any were, and of so many sources at most.
  private static let topSources: (sweeps: UInt64, limit: Int) = (60, 5)
  /// How often the certificate's files are looked at.
  private static let tlsReloadInterval: Duration = .seconds(2)

  private init(addresses: Addresses, parts: Parts, listening: Listening) {
    self.addresses = addresses
    self.parts = parts
    self.listening = listening
  }

  /// Binds all sockets.
  ///
  /// From now on datagrams and connections wait in the kernel, and connections are accepted; ``run()`` has to follow.
  ///
  /// - Parameters:
  ///   - configuration: Where it listens, and its limits.
  ///   - keys: Which key belongs to which node.
  ///   - logger: Gets comings and goings at debug, refusals and troubles above. No line per datagram.
  /// - Throws: `TransportError` with `.bindFailed` or `.invalidConfiguration`. Nothing stays bound then.
  public static func start(
    _ configuration: Configuration, keys: any KeyDirectory, logger: Logger
  ) async throws -> BeaconServer {
    try configuration.validate()
    var takeover: BeaconTakeover?
    if let path = configuration.takeover {
      takeover = try await BeaconTakeover.greet(at: path, configuration, logger: logger)
    }
    let inherited = takeover?.inherited ?? configuration.inherited
    let parts = try Parts(configuration, keys: keys, inherited: inherited, takeover: takeover, logger: logger)
    Precautions.check(configuration, logger)
    parts.watchCertificate()
    let group = configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
    do {
      try await takeover?.receiveTable(parts)
      let (wss, http) = try await parts.listen(configuration, inherited, on: group)
      return BeaconServer(
        addresses: Addresses(udp: parts.udp.localEndpoint, wss: wss, http: http), parts: parts,
        listening: Listening(
          group: group, takeover: configuration.takeover, inherited: inherited, whenServing: configuration.whenServing))
    } catch {
      await parts.close()
      throw error
    }
  }

  /// Serves until the task is cancelled, a graceful shutdown begins, or ``stop()`` is called. Call it once.
  ///
  /// - Throws: `TransportError` with `.system` when it can't begin to serve.
  public func run() async throws {
    let failure = await withGracefulShutdownHandler {
      await withTaskCancellationHandler {
        await serve()
      } onCancel: {
        stop()
      }
    } onGracefulShutdown: {
      self.stop()
    }
    if failure.code != .closed, failure.code != .cancelled { throw failure }
  }

  /// Ends ``run()`` as a graceful shutdown does. Returns at once; from anywhere, as often as you like.
  public func stop() {
    parts.shutdown.begin()
  }

  /// The loops end with the UDP sockets, which are closed at the end of the shutdown.
  /// - Returns: Why: `.closed`, unless it could not begin.
  private func serve() async -> TransportError {
    do throws(TransportError) {
      try await parts.takeover?.complete(parts, on: listening.group)
    } catch {
      await parts.close()
      return error
    }
    return await withTaskGroup(of: TransportError?.self) { group in
      // First: datagrams wait.
      for socket in parts.udp.all {
        group.addTask { [parts] in
          await UDPInbound(of: socket, relay: parts.makeRelay(over: socket), gate: parts.gate).run()
        }
      }
      group.addTask { await self.endWhenAsked() }
      group.addTask { await self.succeed() }
      group.addTask { await self.sweepRegularly() }
      group.addTask { await self.askRegularly() }
      group.addTask { await self.reloadRegularly() }
      group.addTask { await self.reportRegularly() }
      group.addTask(priority: .utility) { await self.verifySignatures() }
      group.addTask { await self.revokeChangedKeys() }
      if let neighbours = parts.neighbours {
        group.addTask {
          await neighbours.run(clock: MonotonicClock())
          return nil
        }
      }
      if let cluster = parts.cluster {
        group.addTask {
          await cluster.presence.run(clock: MonotonicClock())
          return nil
        }
      }
      if let registration = parts.registration {
        group.addTask {
          await registration.run(clock: MonotonicClock())
          return nil
        }
      }
      group.addTask {
        await self.parts.advertised.run(clock: MonotonicClock())
        return nil
      }
      for socket in parts.udp.all {
        group.addTask { await self.watchEvents(of: socket) }
      }
      var ending: TransportError?
      for await result in group {
        guard let result else { continue }
        if ending == nil { ending = result }
        // Unless the shutdown has closed the sockets, one loop can't serve: what is left is closed without draining.
        group.cancelAll()
      }
      return ending ?? .closed
    }
  }

  private func endWhenAsked() async -> TransportError? {
    var drain = BeaconDrain(parts)
    await parts.shutdown.run(draining: parts.drain.begin().time, clock: MonotonicClock()) { turn in
      drain.perform(turn)
    } close: {
      await parts.close()
    }
    return nil
  }

  private func watchEvents(of socket: UDPTransport) async -> TransportError? {
    let relay = parts.makeRelay(over: socket)
    for await event in socket.events {
      switch event {
      case .unreachable(let endpoint, _, let quoted):
        relay.reportUnreachable(endpoint, quoting: quoted, at: .now())
        relay.flush()
      case .notice(let text):
        parts.logger.notice("\(text)")
      case .connected, .reconnecting, .reconnected, .resting, .draining, .moved, .pathMTU, .closed:
        break
      }
    }
    return nil
  }

  /// One signature after the other, at a low priority: proofs can wait, and must hold up nobody's frames.
  private func verifySignatures() async -> TransportError? {
    let relay = parts.makeRelay(over: parts.udp.all[0])
    for await job in parts.verifications.jobs {
      relay.verify(job, at: .now())
      relay.flush()
    }
    return nil
  }

  /// Ends what a changed key has opened, on both transports.
  private func revokeChangedKeys() async -> TransportError? {
    for await change in parts.keyChanges {
      for connection in parts.engine.revoke(change, by: parts.keys) { connection.revoke() }
    }
    return nil
  }

  private func askRegularly() async -> TransportError? {
    let relay = parts.makeRelay(over: parts.udp.all[0])
    while (try? await Task.sleep(for: Self.tickInterval)) != nil, parts.engine.successor == nil {
      relay.tick(at: .now())
      relay.flush()
    }
    return nil
  }

  private func sweepRegularly() async -> TransportError? {
    var sweeps: UInt64 = 0
    var trims = TrimSchedule()
    var filter = SourceFilter(parts.addresses)
    var rules = parts.addresses.version
    while (try? await Task.sleep(for: Self.sweep.interval)) != nil {
      var slotsGivenBack = 0
      let admitted = filter.rules()
      for _ in 0..<Self.sweep.turns {
        slotsGivenBack = parts.engine.expire(at: .now(), admitting: admitted, limit: Self.sweep.slots)
      }
      if trims.isDue(slotsGivenBack) { Heap.trim() }
      parts.journal.noted(parts.engine.takeIncidents())
      sweeps &+= 1
      if sweeps % Self.topSources.sweeps == 0, let drops = parts.engine.takeTopSources(Self.topSources.limit) {
        parts.journal.dropped(drops)
      }
      let version = parts.addresses.version
      if version != rules { closeDenied() }
      rules = version
      checkKeys(part: sweeps % Self.sweepsPerKey)
    }
    return nil
  }

  /// Asks for the keys of a part of the connections, so that a registry's stay fresh, and ends those whose key has been
  /// revoked without a word: a directory may have forgotten that it ever gave it.
  private func checkKeys(part: UInt64) {
    // In another order each time: a directory looks up so many at a time, and leaves the others for later.
    let due = parts.engine.connections.filter { $0.id % Self.sweepsPerKey == part }
    for connection in due.shuffled() {
      parts.keys.prefetch(connection.node)
      if parts.keys.hasRevoked(connection.key, of: connection.node) { connection.revoke() }
    }
  }

  /// Ends the connections of addresses that may not speak any more.
  private func closeDenied() {
    let rules = parts.addresses.rules
    for connection in parts.engine.connections where !rules.admits(connection.remote) {
      connection.close(.policyViolation, reason: "address denied")
    }
  }

  private func reloadRegularly() async -> TransportError? {
    guard parts.tls != nil || parts.token != nil else { return nil }
    while (try? await Task.sleep(for: Self.tlsReloadInterval)) != nil {
      reloadCertificate()
      reloadToken()
    }
    return nil
  }

  /// Whoever watches the status page is told each second.
  private func reportRegularly() async -> TransportError? {
    guard let status = parts.status else { return nil }
    while (try? await Task.sleep(for: StatusFeed.interval)) != nil { status.feed.tick() }
    return nil
  }
}
