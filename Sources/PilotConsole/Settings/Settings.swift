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
/// What was looked up is kept, with the place that has won, and can be asked for as ``effective``.
///
/// A value that can't be used is wrong usage, as it would be behind the flag: exit 2. No error repeats a value, which
/// may be a secret; it names the place instead.
package struct Settings: Sendable {
  private let section: String
  private let options: OptionNames
  /// The environment, then the configuration file.
  private let sources: [SettingsSource]
  private let ledger: SettingsLedger

  /// Reads the configuration file, if there is one (`--config` or `PILOT_CONFIG`).
  ///
  /// - Parameters:
  ///   - globals: The options of every command.
  ///   - command: Whose options the settings are: each has the name of one.
  ///   - section: The command's settings.
  ///   - defaultFile: The configuration file if none is named, and there is this one.
  ///   - environment: Only variables whose names start with `PILOT_` are looked at.
  ///   - isCollecting: Whether to go on after a fault: all of them are in ``faults`` then, and nothing is thrown.
  package init(
    _ globals: GlobalOptions, of command: any ParsableArguments.Type, section: SettingsSection,
    defaultFile: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
    isCollecting: Bool = false
  ) throws(CommandFailure) {
    self.section = section.rawValue
    options = OptionNames(of: command)
    ledger = SettingsLedger(isCollecting: isCollecting)
    for fault in EnvironmentNames(of: section, options: options).faults(in: environment) { try ledger.refuse(fault) }
    let variables = SettingsSource(environment: environment)
    let named = if let path = globals.config { path } else { try variables.value("config", in: nil, as: .text) }
    file = named ?? defaultFile.flatMap { FileStamp(of: $0) == nil ? nil : $0 }
    sources = [variables] + (try Self.sources(file, section, options, ledger))
    logLevel = try Self.choice(globals.logLevel, "level", in: "log", sources, ledger, default: .info) ?? .info
    logFormat = try Self.choice(globals.logFormat, "format", in: "log", sources, ledger, default: .text) ?? .text
    logThreshold = LogThreshold(logLevel.level)
  }

  /// The configuration file, if there is one.
  package let file: String?
  /// `--log-level`, `PILOT_LOG_LEVEL`, `{"log":{"level":…}}`.
  package let logLevel: LogLevel
  /// `--log-format`, `PILOT_LOG_FORMAT`, `{"log":{"format":…}}`.
  package let logFormat: LogFormat
  /// What the loggers of these settings write: ``logLevel``, until it is set to something else.
  package let logThreshold: LogThreshold

  /// What was looked up so far, in the order in which it was.
  package var effective: [EffectiveSetting] { ledger.settings }

  /// The names of the command's settings.
  package var names: [String] { options.all }

  /// What was wrong so far, if faults are collected.
  package var faults: [CommandFailure] { ledger.faults }

  /// Throws a fault, or keeps it where faults are collected. Then the caller goes on with a value that does no harm.
  package func refuse(_ fault: CommandFailure) throws(CommandFailure) { try ledger.refuse(fault) }

  /// Performs what may find a setting's value unusable. Its failure begins with `--name`, which is replaced by the place that
  /// the value comes from.
  ///
  /// - Parameter fallback: What to go on with where faults are collected.
  package func checking<Value>(
    _ name: String, else fallback: @autoclosure () -> Value, _ body: () throws(CommandFailure) -> Value
  ) throws(CommandFailure) -> Value {
    do throws(CommandFailure) {
      return try body()
    } catch {
      try ledger.refuse(located(error, name))
      return fallback()
    }
  }

  /// A text, or a whole number as its digits.
  package func string(_ flag: String?, _ name: String, default standard: String? = nil) throws(CommandFailure)
    -> String?
  {
    try flagOr(flag, name, .text, default: standard) { .string($0) }
  }

  /// A whole number.
  package func int(_ flag: Int?, _ name: String, default standard: Int? = nil) throws(CommandFailure) -> Int? {
    try flagOr(flag, name, .integer, default: standard) { .int($0) }
  }

  /// Yes or no: in the environment `true`, `yes`, `1`, `false`, `no` or `0`. A flag that isn't there says nothing.
  package func bool(_ flag: Bool, _ name: String) throws(CommandFailure) -> Bool {
    try flagOr(flag ? true : nil, name, .truth, default: false) { .bool($0) } ?? false
  }

  /// A list of texts: in the environment with commas between them, in the file an array. Empty if it is given nowhere.
  package func strings(_ flags: [String], _ name: String) throws(CommandFailure) -> [String] {
    try flagOr(flags.isEmpty ? nil : flags, name, .texts, default: []) { .array($0.map { .string($0) }) } ?? []
  }

  /// Anything that can stand behind an option, read the same way from the other places.
  package func value<Value: ExpressibleByArgument>(
    _ flag: Value?, _ name: String, default standard: Value? = nil
  ) throws(CommandFailure) -> Value? {
    checkIsOption(name)
    return try Self.choice(flag, name, in: section, sources, ledger, default: standard)
  }

  /// A misspelt name would find nothing anywhere, and nobody would notice: so it ends a debug build.
  private func checkIsOption(_ name: String) {
    assert(options.contains(name), "--\(name) is no option of \(section)")
  }

  private func located(_ failure: CommandFailure, _ name: String) -> CommandFailure {
    let option = "--\(name)"
    guard failure.what.hasPrefix(option),
      let setting = ledger.settings.last(where: { $0.name == name && $0.section == section }),
      let source = sources.first(where: { $0.origin(of: name, in: section) == setting.origin })
    else { return failure }
    var failure = failure
    failure.what = source.place(of: name, in: section) + failure.what.dropFirst(option.count)
    return failure
  }

  private func flagOr<Value>(
    _ flag: Value?, _ name: String, _ kind: SettingKind<Value>, default standard: Value?,
    _ json: (Value) -> JSONValue
  ) throws(CommandFailure) -> Value? {
    checkIsOption(name)
    return try Self.look(flag, name, in: section, sources, ledger, default: standard, json) {
      source throws(CommandFailure) in try source.value(name, in: section, as: kind)
    }
  }

  private static func choice<Value: ExpressibleByArgument>(
    _ flag: Value?, _ name: String, in section: String, _ sources: [SettingsSource], _ ledger: SettingsLedger,
    default standard: Value?
  ) throws(CommandFailure) -> Value? {
    try look(flag, name, in: section, sources, ledger, default: standard, { .string($0.defaultValueDescription) }) {
      source throws(CommandFailure) in
      guard let text = try source.value(name, in: section, as: .text) else { return nil }
      if let value = Value(argument: text) { return value }
      let choices = Value.allValueStrings
      throw .usage(
        "\(source.place(of: name, in: section)) has a value that can't be used",
        hint: choices.isEmpty ? "write it as behind --\(name)" : "it must be one of \(choices.joined(separator: ", "))")
    }
  }

  /// The value in the first place that has one, which is noted.
  private static func look<Value>(
    _ flag: Value?, _ name: String, in section: String, _ sources: [SettingsSource], _ ledger: SettingsLedger,
    default standard: Value?, _ json: (Value) -> JSONValue,
    _ read: (SettingsSource) throws(CommandFailure) -> Value?
  ) throws(CommandFailure) -> Value? {
    func note(_ value: Value?, _ origin: SettingOrigin) -> Value? {
      ledger.note(
        EffectiveSetting(section: section, name: name, value: value.map(json) ?? .null, origin: origin))
      return value
    }
    if let flag { return note(flag, .option) }
    for source in sources {
      do throws(CommandFailure) {
        guard let value = try read(source) else { continue }
        return note(value, source.origin(of: name, in: section))
      } catch {
        try ledger.refuse(error)
        return note(standard, .standard)
      }
    }
    return note(standard, .standard)
  }

  private static func sources(
    _ path: String?, _ section: SettingsSection, _ options: OptionNames, _ ledger: SettingsLedger
  ) throws(CommandFailure) -> [SettingsSource] {
    guard let path else { return [] }
    do throws(CommandFailure) {
      let file = try ConfigurationFile(path, section: section, options: options)
      for fault in file.faults { try ledger.refuse(fault) }
      return [SettingsSource(file)]
    } catch {
      try ledger.refuse(error)
      return []
    }
  }
}
