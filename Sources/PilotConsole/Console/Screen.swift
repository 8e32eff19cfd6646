internal import Synchronization

/// The standard streams as they look on a terminal: lines above, and below them a status line that changes in place.
///
/// Each stream is written to by one thread: on a terminal both by the same one, elsewhere there is no status line.
final class Screen: Sendable {
  private struct State {
    /// The status line that stands on the terminal, without a line break; empty for none.
    var status = ""
    /// Streams whose last line ends in the middle, because the disk was full: the next one isn't glued to it.
    var brokenOff: Set<Console.Stream> = []
  }

  private let output: StandardStream
  private let error: StandardStream
  private let outputIsTerminal: Bool
  private let state = Mutex(State())

  init(output: StandardStream, error: StandardStream) {
    self.output = output
    self.error = error
    outputIsTerminal = output.isTerminal
  }

  /// Writes, for as long as the reader lets it wait.
  func perform(_ entry: OutputQueue.Entry) throws(OutputError) {
    let status = state.withLock { $0.status }
    switch (entry.content, entry.stream) {
    case (.line(let line), .output):
      let interrupts = outputIsTerminal && !status.isEmpty
      if interrupts { try? error.write(Self.clearLine) }
      defer { if interrupts { try? error.write(status) } }
      try write(line + "\n", to: .output)
    case (.line(let line), .error):
      try write(status.isEmpty ? line + "\n" : Self.clearLine + line + "\n" + status, to: .error)
    case (.status(let text), _):
      guard text != status else { return }
      state.withLock { $0.status = text }
      try? error.write((status.isEmpty ? "" : Self.clearLine) + text)
    case (.mark, _):
      break
    }
  }

  private func write(_ text: String, to stream: Console.Stream) throws(OutputError) {
    let wasBrokenOff = state.withLock { $0.brokenOff.contains(stream) }
    let bytes = Array((wasBrokenOff ? "\n" + text : text).utf8)
    var written = 0
    defer {
      if written == bytes.count {
        if wasBrokenOff { _ = state.withLock { $0.brokenOff.remove(stream) } }
      } else if written > 0 {
        _ = state.withLock { $0.brokenOff.insert(stream) }
      }
    }
    try (stream == .output ? output : error).write(bytes, written: &written)
  }

  /// Back to the line's start, and the rest of it away (ECMA-48, EL).
  private static let clearLine = "\r\u{1B}[K"
}
