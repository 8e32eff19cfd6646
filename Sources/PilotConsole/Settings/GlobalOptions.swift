package import ArgumentParser
package import Logging

/// The options of every command.
package struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read settings from a JSON file: {\"<command>\":{\"<option>\":…}}.",
      discussion: "Options win over the environment (PILOT_<COMMAND>_<OPTION>), and that over the file.",
      valueName: "file"))
  package var config: String?

  @Option(help: ArgumentHelp("Log this level and above to standard error. (default: info)", valueName: "level"))
  package var logLevel: LogLevel?

  @Option(help: ArgumentHelp("The form of log lines. (default: text)", valueName: "format"))
  package var logFormat: LogFormat?

  package init() {}
}

/// What is logged: events of a level and of those above it.
package enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
  case trace, debug, info, notice, warning, error

  /// The same in swift-log.
  package var level: Logger.Level {
    switch self {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    }
  }
}

/// The form of log lines.
package enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// `<time> <level> <label>: <message> key=value …`
  case text
  /// `{"time":…,"level":…,"label":…,"message":…,"metadata":{…}}`
  case json
}
