internal import ArgumentParser
import PilotConsole

/// `pilot identity`: the key pairs of nodes.
struct IdentityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity",
    abstract: "Create and show the key pairs that nodes are known by.",
    discussion: """
      Example: make an identity for node 7, and tell the beacon its public key.
        pilot identity new --out node7.json
        pilot identity show node7.json --node 7 > nodes.json
      """,
    subcommands: [IdentityNewCommand.self, IdentityShowCommand.self])

  mutating func run() throws {
    throw CommandFailure.usage("new or show is missing", hint: "pilot identity --help tells them apart")
  }
}
