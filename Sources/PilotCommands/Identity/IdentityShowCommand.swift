internal import ArgumentParser
import PilotConsole
internal import PilotIdentity

/// `pilot identity show`.
struct IdentityShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print the public key of an identity.",
    discussion: """
      The private key is shown nowhere. A file that others than its owner can read is refused.

      Example: a nodes file with this node alone in it.
        pilot identity show node7.json --node 7 > nodes.json
      """)

  @Argument(help: "An identity file.")
  var file: String

  @OptionGroup var output: IdentityOutputOptions

  func run() async throws {
    CoreDumps.forbid()
    let identity = try Identity.load(from: file)
    try await Console.standard.print(output.text(of: identity.publicKey, from: file))
  }
}
