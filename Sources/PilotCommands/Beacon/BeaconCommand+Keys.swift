import Logging
import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotWSS
import PilotWire

/// Where a beacon's keys of nodes come from.
enum BeaconKeySource: Equatable, Sendable {
  case none
  case file(String)
  case registry(host: String, port: Int, RegistryTrust)

  /// How a registry is asked.
  enum RegistryTrust: Equatable, Sendable {
    case clearText
    case authorities
    case pins(Set<KeyPin>)
  }
}

extension BeaconCommand {
  /// What the settings say about the nodes' keys.
  ///
  /// - Parameter reason: What can't be had without keys; nil for nothing.
  func keySource(_ settings: Settings, needed reason: String?) throws(CommandFailure) -> BeaconKeySource {
    let registry = try settings.string(registry, "registry")
    let texts = try settings.strings(registryPin, "registry-pin")
    let isSecure = try settings.bool(registryTls, "registry-tls") || !texts.isEmpty
    let nodes = try settings.string(nodes, "nodes")
    if isSecure, registry == nil {
      try settings.refuse(
        .usage("it is said how to ask a registry, but not which one", hint: "add --registry HOST:PORT"))
    }
    if nodes != nil, registry != nil {
      try settings.refuse(
        .usage("keys come from a file or from a registry, not from both", hint: "leave one out"))
    }
    if let nodes { return .file(nodes) }
    if let registry {
      return try settings.checking("registry", else: .none) { () throws(CommandFailure) in
        try Self.registry(registry, isSecure: isSecure, pins: texts)
      }
    }
    if let reason {
      try settings.refuse(
        .usage("\(reason), and no keys are given", hint: "give them with --nodes FILE or --registry HOST:PORT"))
    }
    return .none
  }

  private static func registry(
    _ registry: String, isSecure: Bool, pins: [String]
  ) throws(CommandFailure) -> BeaconKeySource {
    guard let address = try? HostPort(parsing: registry), let port = address.port else {
      throw .usage("--registry must be HOST:PORT", hint: "for example registry.example:9000")
    }
    var keys: Set<KeyPin> = []
    for pin in pins { keys.insert(try KeyPin(option: "registry-pin", pin)) }
    let trust: BeaconKeySource.RegistryTrust =
      if !keys.isEmpty { .pins(keys) } else if isSecure { .authorities } else { .clearText }
    guard trust != .clearText || RegistryDirectory.mayAskInClearText(host: address.host, port: Int(port)) else {
      throw .usage(
        "the registry is on the internet, and who is on the path could give any node's key in clear text",
        hint: "add --registry-tls, or --registry-pin HEX")
    }
    return .registry(host: address.host, port: Int(port), trust)
  }

  /// The keys, and who looks whether they have changed.
  func keys(
    _ source: BeaconKeySource, logger: Logger
  ) throws -> (keys: any KeyDirectory, watcher: [FileWatcher]) {
    switch source {
    case .none:
      return (StaticKeyDirectory([:]), [])
    case .file(let path):
      let directory = try NodesFileDirectory(path: path)
      for exposure in FileExposure.found(at: path, isSecret: false) {
        logger.warning("\(exposure.logMessage)", metadata: ["path": "\(path)"])
      }
      logger.info("Nodes file read", metadata: ["path": "\(path)", "nodes": "\(directory.count)"])
      return (directory, [FileWatcher(directory: directory, logger: logger)])
    case .registry(let host, let port, .pins(let pins)):
      return (try RegistryDirectory(host: host, port: port, trusting: .keys(pins), logger: logger), [])
    case .registry(let host, let port, .authorities):
      return (try RegistryDirectory(host: host, port: port, trusting: .system, logger: logger), [])
    case .registry(let host, let port, .clearText):
      return (RegistryDirectory(host: host, port: port, logger: logger), [])
    }
  }

  /// The rules about addresses, as the settings name them. Reads no file.
  func addresses(_ settings: Settings) throws(CommandFailure) -> AddressOptions {
    AddressOptions(
      allow: try sources(settings.strings(allow, "allow"), "allow", settings),
      deny: try sources(settings.strings(deny, "deny"), "deny", settings),
      trustedProxies: try sources(settings.strings(trustedProxy, "trusted-proxy"), "trusted-proxy", settings))
  }

  private func sources(
    _ values: [String], _ option: String, _ settings: Settings
  ) throws(CommandFailure) -> AddressSources {
    try settings.checking(option, else: .none) { () throws(CommandFailure) in
      try AddressSources(values, option: option)
    }
  }
}
