internal import Synchronization

/// How far a long work has come: a line on a terminal that changes in place, and nothing at all when standard error is
/// piped.
///
/// Any number of tasks may report.
package final class Progress: Sendable {
  private let console: Console
  private let interval: Duration
  private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

  /// - Parameter interval: How long a line stands at least. Default 100 ms: faster ones can't be read.
  package init(console: Console = .standard, interval: Duration = .milliseconds(100)) {
    self.console = console
    self.interval = interval
  }

  /// Whether there is a terminal to show anything on.
  package var isShown: Bool { console.errorIsTerminal }

  /// Shows a line, unless the one before has only just appeared. `text` is made only if it is shown.
  package func show(_ text: @autoclosure () -> String) {
    guard console.errorIsTerminal else { return }
    let now = ContinuousClock.now
    let isDue = lastShown.withLock { last in
      if let last, now - last < interval { return false }
      last = now
      return true
    }
    // Longer ones would wrap, and of a wrapped line only the last part can be taken back.
    if isDue { console.setStatus(String(text().onOneLine.prefix(79))) }
  }

  /// Takes the line away.
  package func finish() {
    console.setStatus("")
    lastShown.withLock { $0 = nil }
  }
}
