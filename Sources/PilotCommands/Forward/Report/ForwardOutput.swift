import PilotConsole
import PilotTransport

/// Writes what happens as lines of standard output, from any task, and waits for nobody: lines of JSON, or words.
///
/// What finds no room behind a reader that doesn't read is left out and counted; a line in its place tells how many.
final class ForwardOutput: Sendable {
  private let console: Console
  private let isJSON: Bool
  /// Ends the program when there is nobody left to tell.
  let reader = ReaderWatch()

  /// - Parameters:
  ///   - isJSON: Whether lines are JSON.
  ///   - console: Where they go.
  init(isJSON: Bool, console: Console = .standard) {
    self.isJSON = isJSON
    self.console = console
  }

  /// Tells of an event.
  func write(_ event: ForwardEvent) { write(isJSON ? event.json.line : event.words.onOneLine) }

  /// Writes a line.
  func write(_ line: String) {
    let isJSON = isJSON
    let outcome = console.offer(line) { count in
      isJSON ? (["event": "left_out", "count": .int(count)] as JSONValue).line : "\(count) lines left out"
    }
    if outcome == .closed { reader.tellGone() }
  }
}
