internal import ArgumentParser
internal import Logging

/// The options of every command.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read settings from a JSON file: {\"<command>\":{\"<option>\":…}}.",
      discussion: "Options win over the environment (PILOT_<COMMAND>_<OPTION>), and that over the file.",
      valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Log this level and above to standard error. (default: info)", valueName: "level"))
  var logLevel: LogLevel?

  @Option(help: ArgumentHelp("The form of log lines. (default: text)", valueName: "format"))
  var logFormat: LogFormat?
}

/// What is logged: events of a level and of those above it.
enum LogLevel: String, CaseIterable, ExpressibleByArgument, Sendable {
  case trace, debug, info, notice, warning, error

  /// The same in swift-log.
  var level: Logger.Level {
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
enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// `<time> <level> <label>: <message> key=value …`
  case text
  /// `{"time":…,"level":…,"label":…,"message":…,"metadata":{…}}`
  case json
}
