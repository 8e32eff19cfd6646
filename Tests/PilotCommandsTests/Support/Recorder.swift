import Logging
import Synchronization

/// What was written to the log, a text for each event.
final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock(\.self) }

  func all(containing text: String) -> [String] { all.filter { $0.contains(text) } }

  fileprivate func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// Writes a log's events into ``Lines``: the message, and the metadata in the order of their names.
struct Recorder: LogHandler {
  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  init(lines: Lines) { self.lines = lines }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    lines.add("\(event.message) \(values.joined(separator: " "))")
  }
}
