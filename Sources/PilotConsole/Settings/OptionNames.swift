internal import ArgumentParser

/// The long names of a command's options and flags.
///
/// A setting has its option's name, which is written a second time where it is read, and a third time by whoever sets it: this
/// is what both are held against.
struct OptionNames: Sendable {
  /// All of them, but for those that every command has, and those that make a command tell of its settings.
  let all: [String]

  /// - Parameter command: Whose options they are. The parser tells them only as a help text, which takes some milliseconds.
  init(of command: any ParsableArguments.Type) {
    let common = ["check", "config", "print-config", "log-level", "log-format", "help", "version"]
    all = command.helpMessage(columns: 1_000).split(separator: "\n").flatMap(Self.names)
      .filter { !common.contains($0) }
  }

  /// Whether the command has the option `--name`.
  func contains(_ name: String) -> Bool { all.contains(name) }

  /// Of a line such as `  -o, --out <file>   Where to write it.`
  private static func names(in line: Substring) -> [String] {
    guard line.hasPrefix("  -") else { return [] }
    let text = line.dropFirst(2)
    let label = text.firstRange(of: "  ").map { text[..<$0.lowerBound] } ?? text
    return label.split { " ,/".contains($0) }.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
  }
}
