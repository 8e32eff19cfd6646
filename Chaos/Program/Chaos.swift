import ArgumentParser
import PilotConsole
import PilotTransport

/// Real processes, seeded faults, and books that have to balance. See README.md.
@main
struct Chaos: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Run a beacon and nodes through seeded chaos, and count every frame.",
    discussion: """
      Example: five minutes with a new seed, then the same again.
        Chaos/run --duration 5m
        Chaos/run --duration 5m --seed 1234

      Exit codes: 0 all promises were kept, 1 one was broken, with a line for each on standard error, 2 wrong usage.
      """,
    subcommands: [RunCommand.self, WorkerCommand.self, HostileCommand.self],
    defaultSubcommand: RunCommand.self)

  static func main() async {
    StandardDescriptors.open()
    ProcessSignals.prepare()
    DescriptorLimit.raise()
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      await Console.standard.flush()
    } catch {
      await Console.standard.flush()
      exit(withError: error)
    }
  }
}
