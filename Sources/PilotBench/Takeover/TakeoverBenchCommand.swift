import ArgumentParser
import PilotConsole

/// `pilot bench takeover`: what nodes notice of a beacon that takes over from another one.
struct TakeoverBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "takeover",
    abstract: "Measure how one beacon takes over from another one while frames flow.",
    discussion: """
      Both beacons, the nodes and the sender are in this process, on loopback. The gap is from the moment in which the old one \
      stops to read to that in which the new one has said that it reads; the silence is the longest time without a frame where they \
      arrive, before the takeover and during it.

      Example: pilot bench takeover --nodes 500000 --rate 100000
      """)

  @Option(help: ArgumentHelp("Nodes that are registered. (default: 500000)", valueName: "count"))
  var nodes: Int?

  @Option(help: ArgumentHelp("Frames a second. (default: 100000)", valueName: "count"))
  var rate: Int?

  @Flag(help: "Print one line of JSON.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchTakeover)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    let bench = TakeoverBench(
      nodes: try settings.int(nodes, "nodes", in: 2...2_000_000) ?? 500_000,
      rate: try settings.int(rate, "rate", in: 1_000...10_000_000) ?? 100_000, output: output)
    try await BenchSession.run(settings, output: output) { try await bench.run() }
  }
}
