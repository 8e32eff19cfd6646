package import ArgumentParser
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import PilotIdentity

/// A command's settings: the flag wins over the environment, that over the configuration file, and that over the
/// default.
///
/// `settings.string(udp, "udp")` in the section `beacon` is `--udp`, else `PILOT_BEACON_UDP`, else
/// `{"beacon":{"udp":…}}`; a name with hyphens is the flag's name in the file, and has underscores in the environment.
/// A variable that is set to nothing counts as not set.
///
/// What isn't understood is wrong usage, too: a variable of this command's or a member of the file that is no setting.
///
/// A value that can't be used is wrong usage, as it would be behind the flag: exit 2. No error repeats a value, which
/// may be a secret; it names the place instead.
package struct Settings: Sendable {
  private let section: String
  private let options: OptionNames
  /// The environment, then the configuration file.
  private let sources: [SettingsSource]

  /// Reads the configuration file, if there is one (`--config` or `PILOT_CONFIG`).
  ///
  /// - Parameters:
  ///   - globals: The options of every command.
  ///   - command: Whose options the settings are: each has the name of one.
  ///   - section: The command's settings.
  ///   - defaultFile: The configuration file if none is named, and there is this one.
  ///   - environment: Only variables whose names start with `PILOT_` are looked at.
  package init(
    _ globals: GlobalOptions, of command: any ParsableArguments.Type, section: SettingsSection,
    defaultFile: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(CommandFailure) {
    self.section = section.rawValue
    options = OptionNames(of: command)
    try EnvironmentNames(of: section, options: options).check(environment)
    let variables = SettingsSource(environment: environment)
    let named = if let path = globals.config { path } else { try variables.value("config", in: nil, as: .text) }
    let file = named ?? defaultFile.flatMap { FileStamp(of: $0) == nil ? nil : $0 }
    if let file {
      sources = [variables, try SettingsSource(file: file, section: section, options: options)]
    } else {
      sources = [variables]
    }
    logLevel = try Self.choice(globals.logLevel, "level", in: "log", sources) ?? .info
    logFormat = try Self.choice(globals.logFormat, "format", in: "log", sources) ?? .text
  }

  /// `--log-level`, `PILOT_LOG_LEVEL`, `{"log":{"level":…}}`.
  package let logLevel: LogLevel
  /// `--log-format`, `PILOT_LOG_FORMAT`, `{"log":{"format":…}}`.
  package let logFormat: LogFormat

  /// A text, or a whole number as its digits.
  package func string(_ flag: String?, _ name: String) throws(CommandFailure) -> String? {
    try flagOr(flag, name, .text)
  }

  /// A whole number.
  package func int(_ flag: Int?, _ name: String) throws(CommandFailure) -> Int? {
    try flagOr(flag, name, .integer)
  }

  /// Yes or no: in the environment `true`, `yes`, `1`, `false`, `no` or `0`. A flag that isn't there says nothing.
  package func bool(_ flag: Bool, _ name: String) throws(CommandFailure) -> Bool {
    if flag { return true }
    return try first(name, .truth)?.value ?? false
  }

  /// A list of texts: in the environment with commas between them, in the file an array. Empty if it is given nowhere.
  package func strings(_ flags: [String], _ name: String) throws(CommandFailure) -> [String] {
    if !flags.isEmpty { return flags }
    return try first(name, .texts)?.value ?? []
  }

  /// Anything that can stand behind an option, read the same way from the other places.
  package func value<Value: ExpressibleByArgument>(_ flag: Value?, _ name: String) throws(CommandFailure) -> Value? {
    checkIsOption(name)
    return try Self.choice(flag, name, in: section, sources)
  }

  private func flagOr<Value>(
    _ flag: Value?, _ name: String, _ kind: SettingKind<Value>
  ) throws(CommandFailure) -> Value? {
    if let flag { return flag }
    return try first(name, kind)?.value
  }

  private func first<Value>(
    _ name: String, _ kind: SettingKind<Value>
  ) throws(CommandFailure) -> (value: Value, source: SettingsSource)? {
    checkIsOption(name)
    return try Self.first(name, in: section, as: kind, sources)
  }

  /// A misspelt name would find nothing anywhere, and nobody would notice: so it ends a debug build.
  private func checkIsOption(_ name: String) {
    assert(options.contains(name), "--\(name) is no option of \(section)")
  }

  private static func choice<Value: ExpressibleByArgument>(
    _ flag: Value?, _ name: String, in section: String, _ sources: [SettingsSource]
  ) throws(CommandFailure) -> Value? {
    if let flag { return flag }
    guard let (text, source) = try first(name, in: section, as: .text, sources) else { return nil }
    guard let value = Value(argument: text) else {
      let choices = Value.allValueStrings
      let place = source.place(of: name, in: section)
      throw .usage(
        "\(place) has a value that can't be used",
        hint: choices.isEmpty ? "write it as behind --\(name)" : "it must be one of \(choices.joined(separator: ", "))")
    }
    return value
  }

  /// The value in the first place that has one, and that place.
  private static func first<Value>(
    _ name: String, in section: String, as kind: SettingKind<Value>, _ sources: [SettingsSource]
  ) throws(CommandFailure) -> (value: Value, source: SettingsSource)? {
    for source in sources {
      if let value = try source.value(name, in: section, as: kind) { return (value, source) }
    }
    return nil
  }
}
