#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
package import Logging

/// Writes log events to standard error, each on a line of its own, through the console that also keeps the status line.
///
/// swift-log's `StreamLogHandler` has neither JSON nor fractions of a second, puts the message behind everything else,
/// and lets a line break in a value, which may come from a peer, forge another event.
struct ConsoleLogHandler: LogHandler {
  private let label: String
  private let format: LogFormat
  private let console: Console
  private let now: @Sendable () -> Date

  /// Shared with others until this one's level is set.
  private var threshold: LogThreshold
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  var logLevel: Logger.Level {
    get { threshold.level }
    set { threshold = LogThreshold(newValue) }
  }

  init(
    label: String, threshold: LogThreshold, format: LogFormat, console: Console = .standard,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.label = label
    self.threshold = threshold
    self.format = format
    self.console = console
    self.now = now
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let members = members(of: event)
    let line = line(event.level, event.message.description, members)
    console.report(line) { [self] count in
      self.line(
        .warning, "Log lines are left out: nobody read them in time", [.init(name: "left_out", value: .int(count))])
    }
  }

  private func line(_ level: Logger.Level, _ message: String, _ members: [JSONValue.Member]) -> String {
    let time = now().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    switch format {
    case .text:
      return text(level, message, at: time, members)
    case .json:
      return JSONValue.object(present: [
        "time": .string(time), "level": .string(level.rawValue), "label": .string(label), "message": .string(message),
        "metadata": members.isEmpty ? nil : .object(members),
      ]).line
    }
  }

  /// All that goes with the event, by name. What is said closer to the event wins.
  private func members(of event: LogEvent) -> [JSONValue.Member] {
    var all = metadata
    all.merge(metadataProvider?.get() ?? [:]) { $1 }
    all.merge(event.metadata ?? [:]) { $1 }
    if let error = event.error { all["error"] = "\(error)" }
    return all.map { JSONValue.Member(name: $0.key, value: JSONValue($0.value)) }.sorted { $0.name < $1.name }
  }

  private func text(
    _ level: Logger.Level, _ message: String, at time: String, _ members: [JSONValue.Member]
  ) -> String {
    let shown = level.style.map { console.styled(level.rawValue, $0, on: .error) } ?? level.rawValue
    let values = members.map { " \($0.name.onOneLine)=\($0.value.logText)" }.joined()
    return "\(time) \(shown) \(label): \(message.onOneLine)\(values)"
  }
}

extension Settings {
  /// A logger with these settings, at the level of ``logThreshold``, which may change. There is no global one: who logs is handed its logger.
  ///
  /// - Parameter label: Whose events they are: `pilot.beacon`.
  package func logger(_ label: String, console: Console = .standard) -> Logger {
    Logger(label: label) { label in
      ConsoleLogHandler(label: label, threshold: logThreshold, format: logFormat, console: console)
    }
  }
}

extension Logger.Level {
  /// How the level looks on a terminal; nil for as the rest.
  fileprivate var style: TextStyle? {
    switch self {
    case .trace, .debug: .dim
    case .info, .notice: nil
    case .warning: .yellow
    case .error, .critical: .red
    }
  }
}
