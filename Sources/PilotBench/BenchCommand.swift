package import ArgumentParser
internal import PilotConsole
internal import PilotTransport

/// `pilot-bench`, which `pilot bench` starts: what the transports, tunnels and a beacon can do on this machine.
package struct BenchCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    // What stands in its help is what people type.
    commandName: "pilot bench",
    abstract: "Measure the transports, tunnels, and any beacon.",
    discussion: """
      Everything runs on this machine, and the figures are about it: take them while it is idle, with a release build.

      Example: what datagrams cost, and what a beacon makes of them.
        pilot bench udp --case bulk --case single
        pilot bench relay --cell udp-udp --mode flood
      """,
    version: PackageVersion.text,
    subcommands: [
      UDPBenchCommand.self, RelayBenchCommand.self, WSSBenchCommand.self, ForwardBenchCommand.self,
      DrainBenchCommand.self, TakeoverBenchCommand.self, WSSSinkCommand.self,
      OwnBeaconCommand.self, AttackerCommand.self,
    ])

  package init() {}

  package mutating func run() throws {
    throw CommandFailure.usage("bench needs to know what to measure", hint: "pilot bench --help lists what there is")
  }
}
