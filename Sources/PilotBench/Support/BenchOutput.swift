import PilotConsole

/// Where results go: lines of JSON as soon as they are there, or tables as soon as they are full.
struct BenchOutput: Sendable {
  /// Whether scripts read it.
  let isJSON: Bool
  private let console: Console
  private let progress: Progress

  init(isJSON: Bool, console: Console = .standard) {
    self.isJSON = isJSON
    self.console = console
    progress = Progress(console: console)
  }

  /// Tells a person at a terminal what is being measured.
  func status(_ text: @autoclosure () -> String) {
    progress.show(text())
  }

  /// Takes the status away.
  func finish() {
    progress.finish()
  }

  /// A result's line.
  func add(_ line: JSONValue) async throws(OutputError) {
    if isJSON { try await console.print(line) }
  }

  /// A group's table, unless it is empty.
  func add(_ table: TextTable) async throws(OutputError) {
    guard !isJSON, !table.isEmpty else { return }
    progress.finish()
    try await console.print(table.lines.joined(separator: "\n") + "\n")
  }
}
