import PilotConsole
import PilotTransport
import Synchronization

/// Writes what happens as lines of standard output, from any task, and waits for nobody: lines of JSON, or words.
///
/// What finds no room behind a reader that doesn't read is left out and counted; a line in its place tells how many.
final class ForwardOutput: Sendable {
  private struct State {
    var isClosed = false
    var onClosed: (@Sendable () -> Void)?
  }

  private let console: Console
  private let isJSON: Bool
  private let state = Mutex(State())

  /// - Parameters:
  ///   - isJSON: Whether lines are JSON.
  ///   - console: Where they go.
  init(isJSON: Bool, console: Console = .standard) {
    self.isJSON = isJSON
    self.console = console
  }

  /// Does this when the reader has gone, which ends the program. At once if it has gone.
  func whenClosed(_ body: @escaping @Sendable () -> Void) {
    let isClosed = state.withLock { state in
      state.onClosed = body
      return state.isClosed
    }
    if isClosed { body() }
  }

  /// Tells of an event.
  func write(_ event: ForwardEvent) { write(isJSON ? event.json.line : event.words.onOneLine) }

  /// Writes a line.
  func write(_ line: String) {
    let isJSON = isJSON
    let outcome = console.offer(line) { count in
      isJSON ? (["event": "left_out", "count": .int(count)] as JSONValue).line : "\(count) lines left out"
    }
    guard outcome == .closed else { return }
    let onClosed = state.withLock { state in
      state.isClosed = true
      return state.onClosed.take()
    }
    onClosed?()
  }

  /// To be called when all is said.
  ///
  /// - Throws: `.closed` if the reader went away meanwhile.
  func finish() throws(OutputError) {
    if state.withLock({ $0.isClosed }) { throw .closed }
  }
}
