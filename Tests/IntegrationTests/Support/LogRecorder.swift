import Logging
import Synchronization

/// Keeps what is logged, and lets tests wait for it.
final class LogRecorder: Sendable {
  /// A line as its reader sees it.
  struct Line: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: [String: String]
  }

  private let lines = Mutex<[Line]>([])
  private let stream: AsyncStream<Line>
  private let continuation: AsyncStream<Line>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(of: Line.self, bufferingPolicy: .bufferingOldest(1_000))
  }

  var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

  /// The lines that begin so.
  func lines(beginning prefix: String) -> [Line] {
    lines.withLock { $0.filter { $0.message.hasPrefix(prefix) } }
  }

  /// The next line that begins so. For one reader.
  func first(beginning prefix: String) async -> Line? {
    await stream.first { $0.message.hasPrefix(prefix) }
  }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(recorder: LogRecorder) {
      self.recorder = recorder
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(
        level: event.level, message: "\(event.message)", metadata: (event.metadata ?? [:]).mapValues { "\($0)" })
      recorder.lines.withLock { $0.append(line) }
      recorder.continuation.yield(line)
    }
  }
}
