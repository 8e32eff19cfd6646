internal import ArgumentParser
import PilotConsole
import PilotNode
import PilotWire

/// `pilot pair init`.
struct PairInitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Set this side up, and print its line.",
    discussion: """
      An identity that is there already is kept; settings that are there already stay as they are.

      Example:
        pilot pair init --node 7 --beacon udp://beacon.example:9001 --beacon wss://beacon.example
      """)

  @Option(help: ArgumentHelp("This node's ID: 1 or more, and nobody else's at the beacon.", valueName: "id"))
  var node: String

  @Option(
    help: ArgumentHelp(
      "The beacon: udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…; repeatable.", valueName: "url"))
  var beacon: [String]

  @OptionGroup var trust: PairTrustOptions

  @OptionGroup var folder: PairFolderOptions

  func run() async throws {
    CoreDumps.forbid()
    let folder = try folder.place()
    let setup = try trust.setup(node: NodeID(option: node), beacons: beacon.map(BeaconURL.init(option:)))
    try folder.setUp(setup)
    let line = try folder.line()
    try await Console.standard.print(line.text)
    PairReport.write(PairReport.made(line))
  }
}
