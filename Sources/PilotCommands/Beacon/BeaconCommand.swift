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
      connected nodes are told, and sent away one after the other; a second signal ends it at once. SIGHUP has the nodes file, the address files and the \
      certificate looked at at once.

      Example: pilot beacon --udp '[::]:9001' --wss '[::]:443' --tls-cert chain.pem --tls-key key.pem --nodes nodes.json
      """)

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
      are asked whether they are still there. (default: the address that a node writes to, if it is public)
      """, valueName: "host:port"))
  var advertise: [String] = []

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

  @OptionGroup var globals: GlobalOptions

  package init() {}

  package func run() async throws {
    CoreDumps.forbid()
    let signals = await ShutdownSignals.trap()
    let settings = try Settings(globals, of: Self.self, section: .beacon)
    let logger = settings.logger("pilot.beacon")
    var configuration = try self.configuration(settings)
    let addresses = try self.addresses(settings)
    configuration.addresses = addresses.policy
    let (keys, watcher) = try self.keys(settings, needed: reasonForKeys(configuration), logger: logger)
    let server = try await BeaconServer.start(configuration, keys: keys, logger: logger)
    let ready = JSONValue.object(present: [
      "event": "ready", "udp": "\(server.addresses.udp)", "wss": server.addresses.wss.map { "\($0)" },
      "http": server.addresses.http.map { "\($0)" },
    ])
    // Whoever reads it, or doesn't: the beacon serves.
    _ = Console.standard.offer(ready.line) { _ in ready.line }
    let addressWatcher = addresses.isEmpty ? [] : [FileWatcher(files: addresses, logger: logger)]
    try await signals.run([server] + watcher + addressWatcher, logger: logger) {
      logger.info("SIGHUP: looking at the nodes file, the address files and the certificate")
      watcher.first?.lookNow()
      addressWatcher.first?.lookNow()
      server.reloadCertificate()
    }
  }

  func configuration(_ settings: Settings) throws -> BeaconServer.Configuration {
    var configuration = BeaconServer.Configuration()
    configuration.router.requiresPunchGrant = try settings.bool(requirePunchGrant, "require-punch-grant")
    if let rate = try settings.int(relayRate, "relay-rate", in: 0...1_000_000_000) {
      configuration.router.relayRate = rate
    }
    if let nodes = try settings.int(nodesPerSource, "nodes-per-source", in: 1...10_000_000) {
      configuration.router.nodesPerSource = nodes
    }
    if let nodes = try settings.int(maxNodes, "max-nodes", in: 1...100_000_000) {
      configuration.router.nodeCapacity = nodes
    }
    configuration.names = try Self.names(try settings.strings(names, "name"))
    configuration.router.advertised = try AdvertisedAddresses.resolve(settings.strings(advertise, "advertise"))
    configuration.router.udpAuthentication = try settings.value(udpAuth, "udp-auth")?.value ?? .prefer
    configuration.router.servesListedNodesOnly = try settings.bool(nodesOnly, "nodes-only")
    configuration.drain = try draining.configuration(settings)
    if let udp = try settings.string(udp, "udp") { configuration.udp = try ListenAddress.resolve(udp, option: "udp") }
    if let http = try settings.string(http, "http") {
      configuration.http = try ListenAddress.resolve(http, option: "http")
    }
    configuration.httpNames = try settings.strings(httpName, "http-name").flatMap { $0.split(separator: ",") }.map {
      String($0)
    }
    let certificate = try settings.string(tlsCert, "tls-cert")
    let key = try settings.string(tlsKey, "tls-key")
    guard let address = try settings.string(wss, "wss") else {
      if certificate != nil || key != nil {
        throw CommandFailure.usage("a certificate is given, but no address for WebSocket", hint: "add --wss HOST:PORT")
      }
      return configuration
    }
    var webSocket = BeaconServer.Configuration.WebSocket(address: try ListenAddress.resolve(address, option: "wss"))
    switch (certificate, key) {
    case (let certificate?, let key?):
      webSocket.tls = BeaconServer.Configuration.TLSFiles(certificate: certificate, key: key)
    case (nil, nil):
      break
    default:
      throw CommandFailure.usage("TLS needs both a certificate and its key", hint: "give --tls-cert and --tls-key")
    }
    if let maximum = try settings.int(maxConnections, "max-connections") {
      guard maximum > 0 else { throw CommandFailure.usage("max-connections must be 1 or more") }
      webSocket.limits.maximumConnections = maximum
    }
    if let seconds = try settings.int(maxFrameAge, "max-frame-age", in: 1...3_600) {
      webSocket.limits.outgoingAge = .seconds(seconds)
    }
    configuration.wss = webSocket
    return configuration
  }

  /// Reads names, each text one or several with commas in between.
  static func names(_ texts: [String]) throws(CommandFailure) -> [HostPort] {
    var names: [HostPort] = []
    for text in texts.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let text = text.trimmingPrefix { $0 == " " }
      guard let name = try? HostPort(parsing: text), BeaconName(host: name.host, port: name.port ?? 1) != nil else {
        throw .usage(
          "name must be HOST or HOST:PORT, and \"\(text)\" is neither",
          hint: "for example --name beacon.example,beacon.example:9001 or --name '[2001:db8::1]:9001'")
      }
      names.append(name)
    }
    return names
  }

  /// What can't be had without keys; nil if nothing is asked for that needs them.
  func reasonForKeys(_ configuration: BeaconServer.Configuration) -> String? {
    if configuration.wss != nil { return "WebSocket nodes authenticate with keys" }
    if configuration.router.udpAuthentication == .require { return "udp-auth require has UDP nodes prove their keys" }
    return configuration.router.servesListedNodesOnly ? "nodes-only serves nodes whose keys are known" : nil
  }

  private func addresses(_ settings: Settings) throws -> AddressFiles {
    try AddressFiles(
      allow: AddressSources(try settings.strings(allow, "allow"), option: "allow"),
      deny: AddressSources(try settings.strings(deny, "deny"), option: "deny"),
      trustedProxies: AddressSources(try settings.strings(trustedProxy, "trusted-proxy"), option: "trusted-proxy"))
  }

  private func keys(
    _ settings: Settings, needed reason: String?, logger: Logger
  ) throws -> (keys: any KeyDirectory, watcher: [FileWatcher]) {
    let registry = try settings.string(registry, "registry")
    let pins = try settings.strings(registryPin, "registry-pin")
    let isSecure = try settings.bool(registryTls, "registry-tls") || !pins.isEmpty
    if isSecure, registry == nil {
      throw CommandFailure.usage(
        "it is said how to ask a registry, but not which one", hint: "add --registry HOST:PORT")
    }
    guard let path = try settings.string(nodes, "nodes") else {
      if let registry { return (try self.directory(registry, isSecure: isSecure, pins: pins, logger: logger), []) }
      if let reason {
        throw CommandFailure.usage(
          "\(reason), and no keys are given",
          hint: "give them with --nodes FILE or --registry HOST:PORT")
      }
      return (StaticKeyDirectory([:]), [])
    }
    if registry != nil {
      throw CommandFailure.usage("keys come from a file or from a registry, not from both", hint: "leave one out")
    }
    let directory = try NodesFileDirectory(path: path)
    if FileStamp(of: path)?.isWritableByAll == true {
      logger.warning("Every user of this machine can change the nodes file: chmod o-w", metadata: ["path": "\(path)"])
    }
    logger.info("Nodes file read", metadata: ["path": "\(path)", "nodes": "\(directory.count)"])
    return (directory, [FileWatcher(directory: directory, logger: logger)])
  }

  private func directory(
    _ registry: String, isSecure: Bool, pins: [String], logger: Logger
  ) throws -> RegistryDirectory {
    guard let address = try? HostPort(parsing: registry), let port = address.port else {
      throw CommandFailure.usage("--registry must be HOST:PORT", hint: "for example registry.example:9000")
    }
    let pins = try pins.map { try KeyPin(option: "registry-pin", $0) }
    if !pins.isEmpty {
      return try RegistryDirectory(host: address.host, port: Int(port), trusting: .keys(Set(pins)), logger: logger)
    }
    if isSecure {
      return try RegistryDirectory(host: address.host, port: Int(port), trusting: .system, logger: logger)
    }
    guard RegistryDirectory.mayAskInClearText(host: address.host, port: Int(port)) else {
      throw CommandFailure.usage(
        "the registry is on the internet, and who is on the path could give any node's key in clear text",
        hint: "add --registry-tls, or --registry-pin HEX")
    }
    return RegistryDirectory(host: address.host, port: Int(port), logger: logger)
  }
}
