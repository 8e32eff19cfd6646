/// Why a command could not do its work, in words for the one line on standard error.
///
/// Neither part may hold keys, passwords or tokens.
package struct CommandFailure: Error, Hashable {
  /// What failed.
  package var what: String
  /// What to try, where that is known.
  package var hint: String?
  /// What the program ends with. Default `.failed`.
  package var status: ExitStatus

  /// A failure to be thrown.
  package init(_ what: String, hint: String? = nil, status: ExitStatus = .failed) {
    self.what = what
    self.hint = hint
    self.status = status
  }

  /// A value of the command line, the environment or the configuration file that can't be used.
  package static func usage(_ what: String, hint: String? = nil) -> CommandFailure {
    CommandFailure(what, hint: hint, status: .usage)
  }

  /// The line: `pilot: <what>; <what to try>`.
  package var line: String {
    "pilot: \(what)\(hint.map { "; \($0)" } ?? "")".onOneLine
  }
}

extension CommandFailure: CustomStringConvertible {
  /// What failed, and what to try.
  package var description: String { hint.map { "\(what); \($0)" } ?? what }
}
