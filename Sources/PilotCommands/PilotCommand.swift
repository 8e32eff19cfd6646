package import ArgumentParser
internal import PilotConsole
internal import PilotTransport

/// `pilot`: nothing but its subcommands.
package struct PilotCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "pilot",
    abstract: "Carry frames between Pilot nodes, over UDP and over WebSockets.",
    discussion: """
      Example: show it working on this machine, then run a beacon.
        pilot demo
        pilot beacon --udp '[::]:9001' --nodes nodes.json

      Each command has its own help: pilot beacon --help
      Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage, 130 interrupted.
      """,
    version: version,
    subcommands: [
      DemoCommand.self,
      BeaconCommand.self,
      AttachCommand.self,
      ForwardCommand.self,
      PingCommand.self,
      PairCommand.self,
      DoctorCommand.self,
      IdentityCommand.self,
      InspectCommand.self,
      BenchLauncher.self,
    ])

  /// What `pilot --version` prints.
  static let version = PackageVersion.text

  package init() {}

  package mutating func run() throws {
    throw CommandFailure.usage("no command was given", hint: "pilot --help lists them")
  }
}
