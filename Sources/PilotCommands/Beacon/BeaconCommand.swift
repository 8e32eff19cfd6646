package import ArgumentParser
import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotWSS
import PilotWire
import ServiceLifecycle

/// `--udp-auth`.
enum UDPAuthenticationOption: String, CaseIterable, ExpressibleByArgument {
  case off, prefer, require

  var value: UDPAuthentication {
    switch self {
    case .off: .off
    case .prefer: .prefer
    case .require: .require
    }
  }
}

/// `pilot beacon`: the relay server.
package struct BeaconCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "beacon",
    abstract: "Relay frames between nodes on UDP and nodes on WebSocket connections.",
    discussion: """
      When all sockets are bound, one line of JSON on standard output tells where. SIGTERM and SIGINT end it gracefully: \
      connected nodes are told, and sent away one after the other; a second signal ends it at once. SIGHUP has the \
      configuration file, and all files that it names, looked at at once; they are looked at every second or two anyway. \
      Limits, the log level, the rules about addresses and how it drains change while it serves; of the rest the log says that it \
      needs a restart.

      Example: pilot beacon --udp '[::]:9001' --wss '[::]:443' --tls-cert chain.pem --tls-key key.pem --nodes nodes.json
      """,
    subcommands: [BeaconTopCommand.self])

  @Option(help: ArgumentHelp("The UDP address. (default: [::]:9001, IPv4 included)", valueName: "host:port"))
  var udp: String?

  @Option(
    help: ArgumentHelp(
      "Accept WebSocket connections there: wss with a certificate, else plain ws. (default: off)",
      valueName: "host:port"))
  var wss: String?

  @Option(
    help: ArgumentHelp("The certificate and its intermediates, PEM; read again when it changes.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The certificate's private key, PEM; read again when it changes.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp(
      #"The nodes' public keys: {"<node>":"<base64>"}; read again when it changes."#, valueName: "file"))
  var nodes: String?

  @Option(help: ArgumentHelp("Ask this registry for the nodes' public keys instead.", valueName: "host:port"))
  var registry: String?

  @Flag(
    help: """
      Ask the registry over TLS, with the system's certificate authorities; in clear text only one on this machine or a \
      private network is asked.
      """)
  var registryTls = false

  @Option(
    help: ArgumentHelp(
      """
      Ask the registry over TLS, and trust it by the SHA-256 of its public key (SPKI, DER) instead; repeat it for several.
      """, valueName: "hex"))
  var registryPin: [String] = []

  @OptionGroup var registryEntry: RegistryEntryOptions

  @Option(
    help: ArgumentHelp(
      "Serve health, metrics and a status page there, over HTTP. (default: off)", valueName: "host:port"))
  var http: String?

  @Option(
    name: .customLong("name"),
    help: ArgumentHelp(
      "What nodes dial this beacon as, beside its certificate's names and its own addresses; repeatable, or with commas.",
      discussion: """
        A node that proves who it is signs what it has dialled, so that no other beacon can use its answer. A name without a \
        port stands for every port.
        """, valueName: "host[:port]"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "WebSocket connections at most; further ones are answered 503. (default: 10000)", valueName: "count"))
  var maxConnections: Int?

  @Option(
    help: ArgumentHelp(
      "Drop frames that have waited longer to be sent over a WebSocket, in seconds. (default: 1)", valueName: "seconds")
  )
  var maxFrameAge: Int?

  @Option(
    help: ArgumentHelp(
      """
      Relay so many frames a second for each unproven source over UDP, and ten times as many for each proven or WebSocket \
      node; 0 is no limit. (default: 4000)
      """, valueName: "count"))
  var relayRate: Int?

  @Option(
    help: ArgumentHelp(
      "Unproven nodes registered from each source address at most. (default: 1024)", valueName: "count"))
  var nodesPerSource: Int?

  @Option(
    help: ArgumentHelp(
      """
      Nodes registered over UDP at most, about 125 bytes each; a full table gives up those of the source that holds most. \
      (default: 500000)
      """, valueName: "count"))
  var maxNodes: Int?

  @Option(
    help: ArgumentHelp(
      """
      This beacon's public address as nodes know it, for a beacon behind a NAT; once for each family. Named to nodes that \
      are asked whether they are still there. A name is looked up at the start, on SIGHUP, and every 5 minutes. (default: the address that a node writes to, if it is public)
      """, valueName: "host:port"))
  var advertise: [String] = []

  @Option(
    name: .customLong("sync"),
    help: ArgumentHelp(
      """
      Another beacon to exchange nodes with, over UDP; repeatable, or with commas. Each has to know this one by the address that \
      its datagrams come from. This very beacon may be among them. (default: none)
      """, valueName: "host:port"))
  var neighbours: [String] = []

  @OptionGroup var cluster: ClusterOptions

  @Option(
    help: ArgumentHelp(
      """
      What a node has to prove over UDP. off: nothing. prefer: its key, once it has done so since the start. require: its key. \
      (default: prefer)
      """))
  var udpAuth: UDPAuthenticationOption?

  @Flag(help: "Serve only nodes over UDP whose keys are known.")
  var nodesOnly = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Only these addresses may speak, over UDP and WebSocket: blocks such as 192.0.2.0/24, or @FILE with some, which is read again when it changes. (default: all)",
      valueName: "blocks"))
  var allow: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("These addresses may not speak, even if they are allowed; as --allow.", valueName: "blocks"))
  var deny: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Proxies at these addresses are believed when they name a client, by the PROXY protocol or X-Forwarded-For; as --allow. (default: none)",
      valueName: "blocks"))
  var trustedProxy: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "The status page may be asked for by this name, too. (default: localhost and IP addresses)", valueName: "host"))
  var httpName: [String] = []

  @Flag(help: "Serve a request to punch only with a grant that its target has signed; deployed nodes send none.")
  var requirePunchGrant = false

  @OptionGroup var draining: DrainOptions

  @OptionGroup var succession: TakeoverOptions

  @Option(
    help: ArgumentHelp(
      """
      Show page and metrics to whoever has the token in this file, as a password or a bearer token; read again when it changes. \
      (default: they are for this machine alone)
      """, valueName: "file"))
  var httpToken: String?

  @Flag(help: "Say what is wrong with the settings, all of it, and what would run; bind nothing.")
  var check = false

  @Flag(help: "Print the settings in force, and where each comes from; with --json as a configuration file.")
  var printConfig = false

  @Flag(help: "Print JSON where --check or --print-config print text.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  package init() {}

  package func run() async throws {
    CoreDumps.forbid()
    if check || printConfig { return try await inspect() }
    let signals = await ShutdownSignals.trap()
    let settings = try Settings(globals, of: Self.self, section: .beacon)
    let logger = settings.logger("pilot.beacon")
    var configuration = try self.configuration(settings)
    let addresses = try AddressFiles(try addresses(settings))
    configuration.addresses = addresses.policy
    let source = try keySource(settings, needed: reasonForKeys(configuration))
    let (keys, watcher) = try self.keys(source, logger: logger)
    configuration.inherited = try ActivatedSockets.take(.current, for: configuration)
    let notices = SupervisorNotices(.current)
    configuration.whenServing = { addresses in
      let ready = JSONValue.object(present: [
        "event": "ready", "udp": "\(addresses.udp)", "wss": addresses.wss.map { "\($0)" },
        "http": addresses.http.map { "\($0)" },
      ])
      // Whoever reads it, or doesn't: the beacon serves.
      _ = Console.standard.offer(ready.line) { _ in ready.line }
      notices.ready(at: addresses.udp)
    }
    let server = try await BeaconServer.start(configuration, keys: keys, logger: logger)
    let reload = BeaconReload(self, settings, addresses: addresses, server: server, logger: logger)
    let settingsWatcher = FileWatcher { reload.look() }
    let addressWatcher = FileWatcher(files: addresses, logger: logger)
    let watchers = watcher + [settingsWatcher, addressWatcher]
    try await signals.run([server] + watchers + [StoppingNotice(notices: notices)], logger: logger) {
      notices.reloading()
      logger.info("SIGHUP: looking at the settings, the nodes file, the address files, the certificate and the token")
      for watcher in watchers { watcher.lookNow() }
      server.reloadCertificate()
      server.reloadToken()
      server.renewAdvertisedAddresses()
      notices.ready(at: server.addresses.udp)
    }
  }

  func configuration(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration {
    var configuration = BeaconServer.Configuration()
    configuration.router.requiresPunchGrant = try settings.bool(requirePunchGrant, "require-punch-grant")
    configuration.router.relayRate = try settings.int(
      relayRate, "relay-rate", in: 0...1_000_000_000, default: configuration.router.relayRate)
    configuration.router.nodesPerSource = try settings.int(
      nodesPerSource, "nodes-per-source", in: 1...10_000_000, default: configuration.router.nodesPerSource)
    configuration.router.nodeCapacity = try settings.int(
      maxNodes, "max-nodes", in: 1...100_000_000, default: configuration.router.nodeCapacity)
    let names = try settings.strings(names, "name")
    configuration.names = try settings.checking("name", else: []) { () throws(CommandFailure) in try Self.names(names) }
    let advertise = try settings.strings(advertise, "advertise")
    var advertisedNames: [Endpoint: HostPort] = [:]
    configuration.router.advertised = try settings.checking("advertise", else: []) { () throws(CommandFailure) in
      try AdvertisedAddresses.resolve(advertise, names: &advertisedNames)
    }
    let neighbours = try settings.strings(neighbours, "sync")
    configuration.neighbours = try settings.checking("sync", else: []) { () throws(CommandFailure) in
      try Self.neighbours(neighbours)
    }
    configuration.cluster = try cluster.configuration(settings)
    configuration.advertisedNames = advertisedNames
    configuration.registryEntry = try registryEntry.configuration(
      settings, hasRegistry: try settings.string(registry, "registry") != nil)
    configuration.router.udpAuthentication = try settings.value(udpAuth, "udp-auth", default: .prefer)?.value ?? .prefer
    configuration.router.servesListedNodesOnly = try settings.bool(nodesOnly, "nodes-only")
    configuration.drain = try draining.configuration(settings)
    configuration.takeover = try succession.path(settings, isInCluster: configuration.cluster != nil)
    if let udp = try address(settings.string(udp, "udp", default: "[::]:9001"), "udp", settings) {
      configuration.udp = udp
    }
    configuration.http = try address(settings.string(http, "http"), "http", settings)
    configuration.httpToken = try settings.string(httpToken, "http-token")
    configuration.httpNames = try settings.strings(httpName, "http-name").flatMap { $0.split(separator: ",") }.map {
      String($0)
    }
    configuration.wss = try webSocket(settings)
    configuration.redirect = try draining.redirect(settings)
    if let redirect = configuration.redirect, !(try check(redirect, configuration.wss, settings)) {
      configuration.redirect = nil
    }
    return configuration
  }

  private func webSocket(_ settings: Settings) throws(CommandFailure) -> BeaconServer.Configuration.WebSocket? {
    let certificate = try settings.string(tlsCert, "tls-cert")
    let key = try settings.string(tlsKey, "tls-key")
    var limits = WSSLimits()
    limits.maximumConnections = try settings.int(
      maxConnections, "max-connections", in: 1...10_000_000, default: limits.maximumConnections)
    limits.outgoingAge = .seconds(
      try settings.int(maxFrameAge, "max-frame-age", in: 1...3_600, default: Int(limits.outgoingAge.components.seconds))
    )
    let text = try settings.string(wss, "wss")
    if (certificate == nil) != (key == nil) {
      try settings.refuse(.usage("TLS needs both a certificate and its key", hint: "give --tls-cert and --tls-key"))
    }
    guard let text else {
      if certificate != nil || key != nil {
        try settings.refuse(
          .usage("a certificate is given, but no address for WebSocket", hint: "add --wss HOST:PORT"))
      }
      return nil
    }
    guard let address = try address(text, "wss", settings) else { return nil }
    var webSocket = BeaconServer.Configuration.WebSocket(address: address)
    if let certificate, let key {
      webSocket.tls = BeaconServer.Configuration.TLSFiles(certificate: certificate, key: key)
    }
    webSocket.limits = limits
    return webSocket
  }

  /// - Returns: Whether it can be used.
  private func check(
    _ redirect: BeaconServer.Configuration.Redirect, _ webSocket: BeaconServer.Configuration.WebSocket?,
    _ settings: Settings
  ) throws(CommandFailure) -> Bool {
    guard let webSocket else {
      try settings.refuse(
        .usage("nodes over WebSocket are to be sent on, and there are none", hint: "add --wss HOST:PORT"))
      return false
    }
    guard redirect.peers >= webSocket.limits.maximumConnections else { return true }
    try settings.refuse(
      .usage(
        "--redirect-at \(redirect.peers) is never reached: there are \(webSocket.limits.maximumConnections) connections at most",
        hint: "give fewer, or raise --max-connections"))
    return false
  }

  /// The address that an option names, if it is given.
  private func address(
    _ text: String?, _ option: String, _ settings: Settings
  ) throws(CommandFailure) -> Endpoint? {
    guard let text else { return nil }
    return try settings.checking(option, else: nil) { () throws(CommandFailure) in
      try ListenAddress.resolve(text, option: option)
    }
  }

  /// Reads names, each text one or several with commas in between.
  static func names(_ texts: [String]) throws(CommandFailure) -> [HostPort] {
    var names: [HostPort] = []
    for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let text = text.trimmingPrefix { $0 == " " }
      guard let name = try? HostPort(parsing: text), BeaconName(host: name.host, port: name.port ?? 1) != nil else {
        throw .usage(
          "--name must be HOST or HOST:PORT, and \"\(text)\" is neither",
          hint: "for example --name beacon.example,beacon.example:9001 or --name '[2001:db8::1]:9001'")
      }
      names.append(name)
    }
    return names
  }

  /// Reads where other beacons are, each text one or several with commas in between.
  static func neighbours(_ texts: [String]) throws(CommandFailure) -> [HostPort] {
    var neighbours: [HostPort] = []
    for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let text = text.trimmingPrefix { $0 == " " }
      guard let neighbour = try? HostPort(parsing: text), neighbour.port ?? 0 > 0 else {
        throw .usage(
          "--sync must be HOST:PORT, and \"\(text)\" isn't",
          hint: "for example --sync beacon2.example:9001,[2001:db8::2]:9001")
      }
      neighbours.append(neighbour)
    }
    return neighbours
  }

  /// What can't be had without keys; nil if nothing is asked for that needs them.
  func reasonForKeys(_ configuration: BeaconServer.Configuration) -> String? {
    if configuration.wss != nil { return "WebSocket nodes authenticate with keys" }
    if configuration.router.udpAuthentication == .require { return "udp-auth require has UDP nodes prove their keys" }
    return configuration.router.servesListedNodesOnly ? "nodes-only serves nodes whose keys are known" : nil
  }
}
