#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import Synchronization

/// Standard output and standard error: results go to the one, logs and progress to the other.
///
/// Any number of tasks may write at the same time: each line comes out whole and at once. A write blocks its thread for
/// as long as the reader at the other end doesn't read, and all other writers with it.
package final class Console: Sendable {
  /// The process's own.
  package static let standard = Console()

  /// Whether results go to a terminal.
  let outputIsTerminal: Bool
  /// Whether logs go to a terminal: only then is there a status line.
  let errorIsTerminal: Bool
  private let allowsColour: Bool
  private let output: StandardStream
  private let error: StandardStream
  /// The status line that stands on the terminal, without a line break; empty for none.
  private let status = Mutex("")

  /// A console on these descriptors.
  init(
    output: Int32 = 1, error: Int32 = 2, environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.output = StandardStream(descriptor: output)
    self.error = StandardStream(descriptor: error)
    outputIsTerminal = self.output.isTerminal
    errorIsTerminal = self.error.isTerminal
    // https://no-color.org: set and not empty.
    allowsColour = environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  /// Writes a line to standard output.
  ///
  /// - Parameter line: The text, without the line break. It may hold some, for a table that shall stay together.
  package func print(_ line: String) throws(OutputError) {
    // The failure leaves the closure as a value: a typed throw would be inferred as `any Error` there.
    let failure = status.withLock { status -> OutputError? in
      let interrupts = outputIsTerminal && !status.isEmpty
      if interrupts { try? error.write(Self.clearLine) }
      defer { if interrupts { try? error.write(status) } }
      do throws(OutputError) {
        try output.write(line + "\n")
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Writes a value to standard output, on one line.
  func print(_ value: JSONValue) throws(OutputError) {
    try print(value.line)
  }

  /// Writes a line to standard error. What can't be written there can't be reported anywhere, and is lost.
  package func report(_ line: String) {
    status.withLock { status in
      try? error.write(status.isEmpty ? line + "\n" : Self.clearLine + line + "\n" + status)
    }
  }

  /// Replaces the status line, on a terminal; an empty one removes it.
  package func setStatus(_ text: String) {
    guard errorIsTerminal else { return }
    status.withLock { status in
      guard status != text else { return }
      try? error.write((status.isEmpty ? "" : Self.clearLine) + text)
      status = text
    }
  }

  /// Back to the line's start, and the rest of it away (ECMA-48, EL).
  private static let clearLine = "\r\u{1B}[K"
}

extension Console {
  /// Which of the two streams a text is for.
  enum Stream: Sendable {
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
