import Logging
import Synchronization

/// What was written to the log, a text for each event.
final class Lines: Sendable {
  let texts = Mutex<[String]>([])
  var all: [String] { texts.withLock { $0 } }
}

/// Writes a log's events into ``Lines``: the message, and the metadata.
struct Recorder: LogHandler {
  /// Whether the level stands in front.
  let tellsLevel: Bool
  let lines: Lines
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(tellsLevel: Bool = false, lines: Lines) {
    self.tellsLevel = tellsLevel
    self.lines = lines
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let level = tellsLevel ? "\(event.level) " : ""
    lines.texts.withLock { $0.append("\(level)\(event.message) \(event.metadata ?? [:])") }
  }
}
