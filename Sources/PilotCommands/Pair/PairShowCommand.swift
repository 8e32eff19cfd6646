internal import ArgumentParser
import PilotConsole

/// `pilot pair show`.
struct PairShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print this side's line again.",
    discussion: """
      Example:
        pilot pair show
      """)

  @OptionGroup var folder: PairFolderOptions

  func run() async throws {
    CoreDumps.forbid()
    let line = try folder.place().line()
    try await Console.standard.print(line.text)
    PairReport.write(PairReport.made(line))
  }
}
