import Logging
import NIOCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS
import PilotWire

extension BeaconServer.Parts {
  /// Makes the parts, and binds the UDP sockets.
  ///
  /// - Parameters:
  ///   - inherited: Sockets that another process has bound.
  ///   - takeover: What brought them, if that was a beacon.
  init(
    _ configuration: BeaconServer.Configuration, keys: any KeyDirectory, inherited: InheritedSockets,
    takeover: BeaconTakeover?, logger: Logger
  ) throws(TransportError) {
    var generator = SystemRandomNumberGenerator()
    keyChanges = keys.changes
    let verifications = VerificationQueue()
    let totals = RelayTotals()
    let journal = BeaconJournal(logger: logger)
    if let files = configuration.wss?.tls {
      tls = try ServerTLS(certificate: files.certificate, key: files.key)
    } else {
      tls = nil
    }
    var socket = UDPTransport.Configuration()
    socket.bindTo = configuration.udp
    socket.receiveBufferBytes = configuration.socketBufferBytes
    socket.sendBufferBytes = configuration.socketBufferBytes
    // Of a beacon before, as many as it had: further ones would take over what its nodes send in the middle of it all.
    let wanted = configuration.udpSockets ?? System.coreCount
    let count = takeover?.beaconID == nil ? wanted : 1
    let udp = try UDPSockets(count, socket, inherited: inherited.udp)
    if !inherited.udp.isEmpty, udp.all.count < wanted {
      logger.notice(
        "The sockets that came along are fewer than configured",
        metadata: ["sockets": "\(udp.all.count)", "configured": "\(wanted)"])
    }
    let known = configuration.router.beaconID ?? takeover?.beaconID
    let beaconID = known ?? .random(in: 1...(.max >> 8), using: &generator) << 8
    var router = configuration.router
    router.beaconID = beaconID
    if configuration.neighbours.isEmpty { router.neighbourNodeCapacity = 1 }
    router.isInCluster = configuration.cluster != nil
    if !router.isInCluster { router.clusterNodeCapacity = 1 }
    let engine = RelayEngine(
      router, seed: generator.next(), listing: DirectoryListing(keys: keys), own: udp)
    let advertised = AdvertisedAddresses(configuration, engine: engine, logger: logger)
    let (tls, addresses) = (tls, configuration.addresses)
    let names = BeaconNames(configuration.names, certificate: tls)
    if names.isEmpty {
      logger.notice(
        """
        This beacon doesn't know its name: nodes that dial one can't prove who they are over UDP, and speak pilot.v1 over \
        WebSocket; give it with --name HOST
        """)
    }
    // All sockets of the group share one table of the addresses that were written to.
    let first = udp.all[0]
    let authenticator = KeyedDiscoverAuthenticator(keys: keys, unixTime: WallClock.unixTime) { name, local in
      advertised.isAdvertised(name) || names.contains(name, at: first.endpoint(of: local))
    }
    let cluster = try BeaconCluster(
      configuration, beaconID: beaconID, engine: engine, udp: udp.localEndpoint, logger: logger)
    let redirect = configuration.redirect.flatMap { PeerRedirect($0) }
    let dispatchers = WSSInboundLoops { number in
      let socket = udp.all[number % udp.all.count]
      let relay = FrameRelay(
        engine: engine, udp: socket, authenticator: authenticator, totals: totals,
        policy: addresses, lane: cluster?.peers.makeLane(), submit: verifications.submit)
      return WSSInbound(engine: engine, relay: relay, journal: journal, redirect: redirect)
    }
    let listener = configuration.wss.map { settings in
      WSSListener(
        WSSListener.Configuration(
          settings, tls: tls, names: names, policy: addresses, journal: journal, logger: logger), keys: keys,
        dispatchers: { loop in dispatchers.dispatcher(for: loop) })
    }
    let neighbours =
      configuration.neighbours.isEmpty
      ? nil
      : NeighbourExchange(
        configuration.neighbours, engine: engine, socket: first, totals: totals, beaconID: beaconID, logger: logger,
        lookup: configuration.neighbourLookup)
    let (shutdown, drainTotals, takeovers) = (BeaconShutdown(), DrainTotals(), TakeoverTotals())
    let registration = try configuration.registryEntry.map { entry throws(TransportError) in
      guard let exchange = (keys as? RegistryDirectory)?.exchange else {
        throw TransportError(
          code: .invalidConfiguration, message: "keys come from no registry, and there is none to register with")
      }
      return try RegistryRegistration(
        entry, beaconID: beaconID, exchange: exchange, address: { advertised.toRegistry ?? entry.address },
        isServing: { shutdown.phase == .serving }, logger: logger)
    }
    let token = try configuration.httpToken.map { path throws(TransportError) in try StatusToken(path: path) }
    status = configuration.http.map { _ in
      StatusListener(
        names: configuration.httpNames, access: StatusAccess(token: token), logger: logger,
        feed: StatusFeed(
          engine: engine, journal: journal, phase: { shutdown.phase },
          readiness: {
            Readiness(
              isServing: shutdown.phase == .serving, certificateExpiry: tls?.expiry,
              isAccepting: listener?.isAccepting ?? true, isFull: listener?.isFull ?? false,
              lacksKeys: (keys as? RegistryDirectory)?.lacksKeys ?? false)
          }
        ) {
          BeaconStatistics(
            engine: engine, udp: udp, listener: listener, tls: tls, totals: totals, journal: journal,
            drain: drainTotals, takeovers: takeovers, registry: (keys as? RegistryDirectory)?.counts,
            registration: registration,
            neighbours: neighbours, cluster: cluster)
        },
        onFailure: { journal.failed($0, at: .status) })
    }
    self.token = token
    certificate = CertificateWarning()
    self.neighbours = neighbours
    self.cluster = cluster
    self.registration = registration
    self.advertised = advertised
    drain = DrainSettings(configuration.drain)
    self.drainTotals = drainTotals
    self.shutdown = shutdown
    self.takeover = takeover
    self.takeovers = takeovers
    self.beaconID = beaconID
    gate = ReadGate()
    self.keys = keys
    self.listener = listener
    self.udp = udp
    self.engine = engine
    self.authenticator = authenticator
    self.verifications = verifications
    self.totals = totals
    self.addresses = addresses
    self.journal = journal
    self.logger = logger
  }

  /// Closes everything: the peers' connections, which are told, and then the sockets.
  func close() async {
    await listener?.shutDown()
    await status?.shutDown()
    await takeovers.finish()
    gate.end()
    udp.close()
    // Last: where nobody answers any more, all addresses are free.
    takeovers.end()
  }
}

extension WSSListener.Configuration {
  /// The listener's part of a beacon's configuration.
  fileprivate init(
    _ settings: BeaconServer.Configuration.WebSocket, tls: ServerTLS?, names: BeaconNames, policy: AddressPolicy,
    journal: BeaconJournal, logger: Logger
  ) {
    self.init(address: settings.address, unixTime: WallClock.unixTime)
    self.tls = tls
    self.names = names
    limits = settings.limits
    self.policy = policy
    onFailure = { journal.failed($0, at: .webSocket) }
    self.logger = logger
    let descriptors = DescriptorLimit.current
    if fit(intoDescriptors: descriptors) {
      logger.notice(
        "Fewer WebSocket connections than configured: raise the limit of open files (ulimit -n, LimitNOFILE=)",
        metadata: [
          "configured": "\(settings.limits.maximumConnections)", "connections": "\(limits.maximumConnections)",
          "open_files": "\(descriptors)",
        ])
    }
  }
}
