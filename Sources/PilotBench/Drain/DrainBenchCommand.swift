import ArgumentParser
import PilotConsole

/// `pilot bench drain`: how peers come from a beacon that drains to another one.
struct DrainBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Measure how connected nodes leave a beacon that is ended for another one.",
    discussion: """
      Two beacons and all nodes are in this process, on loopback; each node has two connections for a moment, which take four \
      descriptors (ulimit -n). They dial from 127.0.0.1, which may as often as it likes: nodes with an address of their own are \
      bounded no more, and those behind one address to 100 at once and ten a second.

      Example: pilot bench drain --peers 5000 --window 30
      """)

  @Option(help: ArgumentHelp("Nodes that are connected. (default: 1000)", valueName: "count"))
  var peers: Int?

  @Option(help: ArgumentHelp("Over so many seconds they are sent away. (default: 10)", valueName: "seconds"))
  var window: Int?

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchDrain)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    let bench = DrainBench(
      peers: try settings.int(peers, "peers", in: 1...100_000) ?? 1_000,
      window: .seconds(try settings.int(window, "window", in: 1...120) ?? 10), output: output)
    try await BenchSession.run(settings, output: output) { try await bench.run() }
  }
}
