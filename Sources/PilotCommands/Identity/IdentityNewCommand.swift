internal import ArgumentParser
import PilotConsole
internal import PilotIdentity

/// `pilot identity new`.
struct IdentityNewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Create an identity and print its public key.",
    discussion: """
      The file has mode 0600 and holds the private key, which is shown nowhere. A file that is there already stays as \
      it is, unless --force is given: the identity in it is then lost.

      Example:
        pilot identity new --out node7.json
      """)

  @Option(help: ArgumentHelp("Where to write the identity.", valueName: "file"))
  var out = "identity.json"

  @Flag(help: "Replace the file if there is one.")
  var force = false

  @OptionGroup var output: IdentityOutputOptions

  func run() async throws {
    CoreDumps.forbid()
    let identity = Identity()
    do throws(IdentityError) {
      try identity.save(to: out, overwrite: force)
    } catch .alreadyExists(let path) {
      throw CommandFailure(
        "there is a file \(path) already", hint: "choose another one with --out, or replace it with --force")
    }
    Console.standard.report("pilot: wrote the identity to \(out.onOneLine)")
    try await Console.standard.print(output.text(of: identity.publicKey, from: out))
  }
}
