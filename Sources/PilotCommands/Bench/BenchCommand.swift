internal import ArgumentParser

/// `pilot bench`: what the transports and a beacon can do on this machine.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the transports, and any beacon.",
    discussion: """
      Everything runs on this machine, and the figures are about it: take them while it is idle, with a release build.

      Example: what datagrams cost, and what a beacon makes of them.
        pilot bench udp --case bulk --case single
        pilot bench relay --cell udp-udp --mode flood
      """,
    subcommands: [
      UDPBenchCommand.self, RelayBenchCommand.self, WSSBenchCommand.self, WSSSinkCommand.self, OwnBeaconCommand.self,
    ])

  mutating func run() throws {
    throw CommandFailure.usage("bench needs to know what to measure", hint: "pilot bench --help lists what there is")
  }
}
