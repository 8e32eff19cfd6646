import ArgumentParser
import PilotConsole

/// `pilot bench forward`: what a forwarded datagram costs, and how long it takes.
struct ForwardBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward",
    abstract: "Measure pilot forward: how much goes through, what that costs each side, what it adds to a round trip.",
    discussion: """
      It starts a beacon, pilot forward udp and pilot forward serve, each a process of its own on loopback, with the nodes \
      reaching each other by each --path in turn. Client and service are in this process, and share the machine with all of them.

      bulk        a batch at a time
      single      one send for each datagram
      round-trip  one datagram there and back at a time; beside it the same without anything between

      At most --window datagrams are under way between client and service, which count them in this process; nothing is \
      acknowledged on the wire. A beacon's queue for one WSS peer holds 851 of the longest (1 MiB): what a wider window begins \
      with finds it full. Processor time is that of a whole process, and what the kernel does for loopback in a sender's \
      thread counts as the sender's. "per core" is how many datagrams the busier of the two forwards takes with a second of it.

      Example: the direct path alone, for five seconds.
        pilot bench forward --path direct --case bulk --case single --seconds 5
      """)

  @Option(help: "Which way the nodes reach each other; repeatable. (default: all)")
  var path: [ForwardBenchPath] = []

  @Option(name: .customLong("case"), help: "What to measure; repeatable. (default: all)")
  var cases: [ForwardBenchCase] = []

  @Option(help: ArgumentHelp("Bytes of a datagram's payload, 16 to 1153. (default: 1153)", valueName: "bytes"))
  var length: Int?

  @Option(help: ArgumentHelp("Datagrams under way at most, in a flood. (default: 768)", valueName: "datagrams"))
  var window: Int?

  @Option(help: ArgumentHelp("How long to send, for each measurement. (default: 2)", valueName: "seconds"))
  var seconds: Double?

  @Flag(help: "Print one line of JSON for each measurement.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchForward)
    let plan = try plan(settings)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    try await BenchSession.run(settings, output: output) {
      let credentials = try BenchCredentials(nodes: ForwardPair.nodes)
      defer { credentials.remove() }
      try await ForwardBench(plan: plan, credentials: credentials, output: output).run()
    }
  }

  func plan(_ settings: Settings) throws -> ForwardBenchPlan {
    let paths = try settings.values(path, "path")
    let cases = try settings.values(cases, "case")
    return try ForwardBenchPlan(
      paths: paths.isEmpty ? ForwardBenchPath.allCases : paths,
      cases: cases.isEmpty ? ForwardBenchCase.allCases : cases,
      length: settings.int(
        length, "length", in: BenchPayload.minimumLength...ForwardBenchPlan.longest, default: ForwardBenchPlan.longest),
      window: settings.int(window, "window", in: 1...1_000_000, default: 768),
      duration: settings.seconds(seconds, "seconds", default: 2))
  }
}
