internal import Configuration

/// A place that settings come from besides the command line.
///
/// The providers of swift-configuration are asked one by one, and not through its `ConfigReader`: that one takes a
/// value of the wrong type for a missing one, can't say which place a broken value stands in, and writes every value
/// that is read to a file if the environment says so (`CONFIG_ACCESS_LOG_FILE`).
struct SettingsSource: Sendable {
  private enum Place: Sendable {
    case environment
    case file(String, lines: [AbsoluteConfigKey: Int])
  }

  private let place: Place
  private let provider: any ConfigProvider

  /// The variables of a process whose names start with `PILOT_`, without those that are set to nothing.
  init(environment: [String: String]) {
    place = .environment
    provider = EnvironmentVariablesProvider(
      environmentVariables: environment.filter { name, value in name.hasPrefix("PILOT_") && !value.isEmpty },
      secretsSpecifier: .all)
  }

  /// A configuration file, which is read by this module and not by the library's provider: that one passes over what it isn't
  /// asked for.
  init(_ file: ConfigurationFile) {
    place = .file(file.path, lines: file.lines)
    provider = InMemoryProvider(values: file.values)
  }

  /// The value of a setting, or nil if this place has none.
  ///
  /// - Parameter section: The command that it belongs to; nil for one that belongs to all.
  func value<Value>(
    _ name: String, in section: String?, as kind: SettingKind<Value>
  ) throws(CommandFailure) -> Value? {
    let key = AbsoluteConfigKey(components(name, section))
    for type in kind.types {
      guard let result = try? provider.value(forKey: key, type: type) else { continue }
      guard let content = result.value?.content else { return nil }
      if let value = kind.unwrap(content) { return value }
    }
    throw .usage("\(place(of: name, in: section)) must be \(kind.name)", hint: "correct or remove it")
  }

  /// What a person looks for: `the environment variable PILOT_BEACON_UDP`, `"beacon"."udp" in line 3 of pilot.json`.
  func place(of name: String, in section: String?) -> String {
    switch origin(of: name, in: section) {
    case .environment(let variable): "the environment variable \(variable)"
    case .file(let path, let line):
      components(name, section).map { "\"\($0)\"" }.joined(separator: ".") + " in line \(line) of \(path)"
    case .option, .standard: "--\(name)"
    }
  }

  /// Where this place has a setting.
  func origin(of name: String, in section: String?) -> SettingOrigin {
    let components = components(name, section)
    return switch place {
    case .environment:
      .environment(variable: components.joined(separator: "_").uppercased().replacing("-", with: "_"))
    case .file(let path, let lines): .file(path: path, line: lines[AbsoluteConfigKey(components)] ?? 1)
    }
  }

  private func components(_ name: String, _ section: String?) -> [String] {
    let path = [section, name].compactMap { $0 }
    return if case .environment = place { ["pilot"] + path } else { path }
  }
}
