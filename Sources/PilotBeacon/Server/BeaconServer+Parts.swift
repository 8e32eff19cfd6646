import Logging
import NIOCore
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWSS

extension BeaconServer.Parts {
  /// Makes the parts, and binds the UDP sockets.
  init(_ configuration: BeaconServer.Configuration, keys: any KeyDirectory, logger: Logger) throws(TransportError) {
    var generator = SystemRandomNumberGenerator()
    keyChanges = keys.changes
    let engine = RelayEngine(configuration.router, seed: generator.next())
    let authenticator = KeyedDiscoverAuthenticator(keys: keys, unixTime: WallClock.now)
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
    let udp = try UDPSockets(configuration.udpSockets ?? System.coreCount, socket)
    let dispatchers = LoopDispatchers { number in
      let socket = udp.all[number % udp.all.count]
      let relay = FrameRelay(
        engine: engine, udp: socket, authenticator: authenticator, totals: totals,
        submit: verifications.submit)
      return RelayDispatcher(engine: engine, relay: relay, journal: journal)
    }
    let tls = tls
    let listener = configuration.wss.map { settings in
      WSSListener(
        WSSListener.Configuration(settings, tls: tls, logger: logger), keys: keys,
        dispatchers: { loop in dispatchers.dispatcher(for: loop) })
    }
    status = configuration.http.map { _ in
      StatusListener(logger: logger) {
        BeaconStatistics(engine: engine, udp: udp, listener: listener, totals: totals, journal: journal)
      }
    }
    self.keys = keys
    self.listener = listener
    self.udp = udp
    self.engine = engine
    self.authenticator = authenticator
    self.verifications = verifications
    self.totals = totals
    self.journal = journal
    self.logger = logger
  }

  /// Closes everything; peers are told.
  func shutDown() async {
    udp.close()
    await status?.shutDown()
    await listener?.shutDown()
  }
}
