import PilotBeacon
import PilotConsole
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// What would run, and what keeps it from running: `--check`. Reads all files that the settings name, and binds nothing.
struct BeaconInspection {
  /// What doesn't keep it from running today.
  private(set) var warnings: [String] = []
  private(set) var problems: [CommandFailure]
  /// What would run, by name.
  private(set) var facts: [(name: String, value: JSONValue)] = []

  init(_ plan: BeaconPlan, now: Int = Int(clamping: WallClock.unixTime())) {
    problems = plan.settings.faults
    let configuration = plan.configuration
    facts = [("udp", "\(configuration.udp)")]
    if let webSocket = configuration.wss { add(webSocket, now: now) }
    if let http = configuration.http { add(http, token: configuration.httpToken) }
    if !configuration.names.isEmpty {
      facts.append(("names", .array(configuration.names.map { "\($0)" })))
    }
    problems += configuration.faults.map { CommandFailure($0) }
    if let place = configuration.drain.place, configuration.drain.back > .zero {
      warnings.append(
        "nodes are sent to \(place), and told not to be there before drain-back is over: leave that out where a beacon stands there"
      )
    }
    if let token = configuration.registryEntry?.token { add(registryToken: token) }
    add(plan.keys)
    warnings += Self.secrets(of: configuration).filter { FileStamp(of: $0)?.isReadableByRootAlone == true }.map {
      "only root can read \($0), and the packaged service isn't root: chgrp pilot-tls, chmod 640"
    }
    attempt { () throws(CommandFailure) in _ = try plan.addresses.firstRules() }
    for setting in plan.settings.effective where setting.section == "beacon" && Self.shown.contains(setting.name) {
      facts.append((setting.name, setting.value))
    }
  }

  private static let shown: Set<String> = [
    "max-connections", "max-frame-age", "relay-rate", "nodes-per-source", "max-nodes", "udp-auth", "sync", "etcd",
    "registry-advertise", "drain-window", "redirect-at", "redirect-to", "takeover",
  ]

  private static func secrets(of configuration: BeaconServer.Configuration) -> [String] {
    [
      configuration.wss?.tls?.key, configuration.httpToken, configuration.cluster?.secret,
      configuration.registryEntry?.token,
    ].compactMap { $0 }
  }

  private mutating func add(_ webSocket: BeaconServer.Configuration.WebSocket, now: Int) {
    facts.append(("wss", "\(webSocket.address)"))
    guard let files = webSocket.tls else { return facts.append(("tls", false)) }
    facts.append(("tls", true))
    do throws(TransportError) {
      let tls = try ServerTLS(certificate: files.certificate, key: files.key)
      facts.append(("certificate", .string(files.certificate)))
      facts.append(("certificate_names", .array(tls.hosts.sorted().map { .string($0) })))
      facts.append(("certificate_valid_until", .string(WallClock.text(tls.expiry))))
      let days = (tls.expiry - now) / 86_400
      if tls.expiry <= now {
        problems.append(CommandFailure("the certificate \(files.certificate) has run out", hint: "get a new one"))
      } else if days < 30 {
        warnings.append("the certificate \(files.certificate) runs out in \(days) days")
      }
    } catch {
      problems.append(CommandFailure(error.message))
    }
    inspect(files.key, isSecret: true)
  }

  private mutating func add(_ http: Endpoint, token: String?) {
    facts.append(("http", "\(http)"))
    guard let token else {
      if !http.isThisMachine {
        warnings.append("page and metrics are for this machine alone, whoever can connect: give --http-token FILE")
      }
      return facts.append(("http_access", "this machine"))
    }
    facts.append(("http_access", "whoever has the token"))
    do throws(TransportError) {
      _ = try StatusToken(path: token)
    } catch {
      problems.append(CommandFailure(error.message))
    }
    inspect(token, isSecret: true)
  }

  private mutating func add(registryToken token: String) {
    do throws(TransportError) {
      _ = try RegistryToken(path: token)
    } catch {
      problems.append(CommandFailure(error.message))
    }
  }

  private mutating func add(_ source: BeaconKeySource) {
    switch source {
    case .none: facts.append(("keys", "none"))
    case .registry(let host, let port, let trust):
      let how =
        switch trust {
        case .clearText: "in clear text"
        case .authorities: "over TLS"
        case .pins: "over TLS, pinned"
        }
      facts.append(("keys", .string("registry \(host):\(port) \(how)")))
    case .file(let path):
      do throws(NodesFileError) {
        facts.append(("keys", .string("\(path), \(try NodesFileDirectory(path: path).count) nodes")))
      } catch {
        problems.append(CommandFailure("\(error)", hint: "correct the nodes file"))
      }
      inspect(path, isSecret: false)
    }
  }

  /// What others may do with a file that exists.
  private mutating func inspect(_ path: String, isSecret: Bool) {
    warnings += FileExposure.found(at: path, isSecret: isSecret).map { $0.warning(about: path) }
  }

  private mutating func attempt(_ body: () throws(CommandFailure) -> Void) {
    do throws(CommandFailure) { try body() } catch { problems.append(error) }
  }
}

extension BeaconInspection {
  /// For a person: what would run, then what is wrong.
  var text: String {
    var table = TextTable("What would run:", columns: ["setting", "value"], leading: 2)
    for fact in facts { table.add([fact.name, fact.value.shown]) }
    let wrong = problems.map { "Problem: \($0.description.onOneLine)" }
    return (table.lines + warnings.map { "Warning: \($0.onOneLine)" } + wrong).joined(separator: "\n")
  }

  var value: JSONValue {
    [
      "ok": .bool(problems.isEmpty),
      "problems": .array(
        problems.map { .object(present: ["what": .string($0.what), "hint": $0.hint.map { .string($0) }]) }),
      "warnings": .array(warnings.map { .string($0) }),
      "runs": .object(facts.map { JSONValue.Member(name: $0.name, value: $0.value) }),
    ]
  }
}

extension JSONValue {
  /// Without quotation marks around a text, and with commas in a list: for a table.
  fileprivate var shown: String {
    switch self {
    case .string(let text): text.onOneLine
    case .array(let elements): elements.isEmpty ? "none" : elements.map(\.shown).joined(separator: ",")
    case .null: "off"
    default: line
    }
  }

  /// The same with what may be a secret in a URL replaced.
  fileprivate var withoutSecrets: JSONValue {
    switch self {
    case .string(let text): .string(text.contains("://") ? URLText.withoutSecrets(text) : text)
    case .array(let elements): .array(elements.map(\.withoutSecrets))
    default: self
    }
  }
}

extension BeaconCommand {
  /// `--check` and `--print-config`.
  func inspect() async throws {
    let plan = try plan(settings(isCollecting: true))
    if printConfig {
      let effective = plan.settings.effective
      try await Console.standard.print(json ? Self.file(of: effective).line : Self.table(of: effective))
      if !check, let fault = plan.settings.faults.first { throw fault }
    }
    guard check else { return }
    let inspection = BeaconInspection(plan)
    try await Console.standard.print(json ? inspection.value.line : inspection.text)
    guard inspection.problems.isEmpty else {
      throw CommandFailure(
        "the settings have \(inspection.problems.count) problem\(inspection.problems.count == 1 ? "" : "s")",
        hint: "correct what stands behind Problem on standard output")
    }
  }

  /// Each setting, its value, and where that comes from.
  static func table(of settings: [EffectiveSetting]) -> String {
    var table = TextTable(columns: ["setting", "value", "from"], leading: 3)
    for setting in settings {
      table.add(["\(setting.section).\(setting.name)", setting.value.withoutSecrets.shown, setting.place])
    }
    return table.lines.joined(separator: "\n")
  }

  /// A configuration file with these settings. What is off is left out.
  static func file(of settings: [EffectiveSetting]) -> JSONValue {
    let sections = ["log", "beacon"]
    return .object(
      sections.map { section in
        let members = settings.filter { $0.section == section && $0.value != .null && $0.value != [] }
        return JSONValue.Member(
          name: section,
          value: .object(members.map { JSONValue.Member(name: $0.name, value: $0.value.withoutSecrets) }))
      })
  }
}
