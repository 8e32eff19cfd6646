#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Standard output and standard error: results go to the one, logs and progress to the other.
///
/// Any number of tasks and threads may write at the same time: each line comes out whole. None of them is held up by
/// whoever reads: lines wait in a queue for a thread of their own, one for each stream. A reader that stops reading costs
/// the lines that the queue has no room for, which are counted and told of when he goes on.
package final class Console: Sendable {
  /// The process's own.
  package static let standard = Console()

  /// Whether results go to a terminal.
  package let outputIsTerminal: Bool
  /// Whether logs go to a terminal: only then is there a status line.
  let errorIsTerminal: Bool
  private let allowsColour: Bool
  private let output: OutputWriter
  private let error: OutputWriter

  /// A console on these descriptors.
  ///
  /// - Parameters:
  ///   - results: The most that waits for standard output. Default 65,536 lines and 16 MiB: about a second of a node's
  ///     frames.
  ///   - logs: The most that waits for standard error. Default 1,000 lines and 1 MiB.
  package init(
    output: Int32 = 1, error: Int32 = 2, environment: [String: String] = ProcessInfo.processInfo.environment,
    results: OutputQueue.Limits = OutputQueue.Limits(lines: 65_536, bytes: 16 << 20),
    logs: OutputQueue.Limits = OutputQueue.Limits()
  ) {
    let streams = (output: StandardStream(descriptor: output), error: StandardStream(descriptor: error))
    outputIsTerminal = streams.output.isTerminal
    errorIsTerminal = streams.error.isTerminal
    // https://no-color.org: set and not empty.
    allowsColour = environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    let screen = Screen(output: streams.output, error: streams.error)
    self.output = OutputWriter(OutputQueue(output: results, error: logs), to: screen)
    // On a terminal the two streams are one picture, which one thread draws. Elsewhere neither waits for the other's reader.
    let isOnePicture = outputIsTerminal && errorIsTerminal
    self.error = isOnePicture ? self.output : OutputWriter(OutputQueue(output: results, error: logs), to: screen)
  }

  /// Writes a line to standard output, and waits until it is out, which takes as long as the reader likes.
  ///
  /// When the task is cancelled it returns at once, and the line is written all the same.
  ///
  /// - Parameter line: The text, without the line break. It may hold some, for a table that shall stay together.
  package func print(_ line: String) async throws(OutputError) {
    try await output.write(.line(line), to: .output)
  }

  /// Writes a value to standard output, on one line.
  package func print(_ value: JSONValue) async throws(OutputError) {
    try await print(value.line)
  }

  /// Has a line written to standard output, and waits for nothing.
  ///
  /// - Parameters:
  ///   - line: The text, without the line break.
  ///   - notice: What to write in place of lines that were left out, given their number.
  /// - Returns: Whether the line is left out, because the reader is far behind, or has gone.
  package func offer(_ line: String, notice: @escaping OutputQueue.Notice) -> OutputQueue.OnOffer {
    output.offer(line, to: .output, notice: notice)
  }

  /// The last line of all, which is never left out: it stands behind the notice of those that were.
  package func offerLast(_ line: String, notice: @escaping OutputQueue.Notice) -> OutputQueue.OnOffer {
    output.offer(line, to: .output, isLast: true, notice: notice)
  }

  /// Has a line written to standard error, and waits for nothing. What can't be written there can't be reported anywhere.
  ///
  /// - Parameter notice: What to write in place of lines that were left out, given their number.
  func report(_ line: String, notice: @escaping OutputQueue.Notice) {
    _ = error.offer(line, to: .error, notice: notice)
  }

  /// Has a line written to standard error, and waits for nothing.
  package func report(_ line: String) {
    report(line) { "pilot: left_out=\($0) lines that nobody read in time" }
  }

  /// Replaces the status line, on a terminal; an empty one removes it.
  package func setStatus(_ text: String) {
    guard errorIsTerminal else { return }
    error.setStatus(text)
  }

  /// Waits until all lines so far are out: before the process ends.
  ///
  /// - Parameters:
  ///   - limit: How long it may take until the next line is out: for readers that don't read. Default 1 s.
  ///   - most: How often the limit may pass in all: for readers that are slow. Default 10 times.
  package func flush(within limit: Duration = .seconds(1), most: Int = 10) async {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { [output, error] in
        var written = (output.linesWritten, error.linesWritten)
        for _ in 0..<most {
          guard (try? await Task.sleep(for: limit)) != nil else { break }
          let now = (output.linesWritten, error.linesWritten)
          if now == written { break }
          written = now
        }
        return true
      }
      for (writer, stream) in [(output, Stream.output), (error, .error)] {
        group.addTask {
          try? await writer.write(.mark, to: stream)
          return false
        }
      }
      for _ in Stream.allCases where await group.next() == true { break }
      group.cancelAll()
    }
  }
}

extension Console {
  /// Which of the two streams a text is for.
  enum Stream: Sendable, CaseIterable {
    case output, error
  }

  /// `text` in a style, where that stream is a terminal and colour is wanted; else as it is.
  func styled(_ text: String, _ style: TextStyle, on stream: Stream = .output) -> String {
    let isTerminal = stream == .output ? outputIsTerminal : errorIsTerminal
    return isTerminal && allowsColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// How a text looks on a terminal: the numbers of ECMA-48's SGR.
enum TextStyle: Int, Sendable {
  case dim = 2
  case red = 31
  case yellow = 33
}
