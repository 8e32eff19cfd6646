internal import ArgumentParser

/// The long names of a command's options and flags.
///
/// A setting has its option's name, which is written a second time where it is read: this is what that one is held against.
struct OptionNames: Sendable {
  private let command: any ParsableArguments.Type

  /// - Parameter command: Whose options they are.
  init(of command: any ParsableArguments.Type) {
    self.command = command
  }

  /// Whether the command has the option `--name`. Slow: the parser tells the names only as a help text.
  func contains(_ name: String) -> Bool {
    let words = command.helpMessage(columns: 1_000).split { !($0 == "-" || $0.isLetter || $0.isNumber) }
    return words.contains { $0 == "--\(name)" }
  }
}
