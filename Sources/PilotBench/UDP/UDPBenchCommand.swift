import ArgumentParser
import PilotConsole
import PilotWire

/// `pilot bench udp`: what a datagram costs its sender and its receiver.
struct UDPBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "udp",
    abstract: "Measure UDP on loopback: rates, loss, round trips, and what a datagram costs each side.",
    discussion: """
      Each side has a thread of its own, and its processor time is read from the clock of that thread; what the kernel \
      does for loopback in the sender's thread counts as the sender's. The sender copies every frame into its batch, \
      the receiver counts frames and touches the first byte of each. A sender is not held back: what the receiver's \
      socket can't hold is lost, and reported.

      bulk     a FrameBatch at a time, to one destination
      mixed    a FrameBatch at a time, whose frames go to --destinations addresses in turn
      single   one send for each frame
      senders  the same from one task, and from --senders tasks on one transport
      round-trip  one frame there and back at a time

      With --role send or receive the other end is another program. The receiving end prints \
      {"event":"ready","udp":"HOST:PORT"}, echoes in the case round-trip, and ends after 500 ms of silence behind the \
      first datagram.

      Example: a receiver for a sender of your own.
        pilot bench udp --role receive --case bulk --bind 127.0.0.1:9000 --json
      """)

  @Option(name: .customLong("case"), help: "What to measure; repeatable. (default: all)")
  var cases: [UDPBenchCase] = []

  @Option(help: ArgumentHelp("Bytes per frame; repeatable. (default: 64, 1200, 4096)", valueName: "bytes"))
  var length: [Int] = []

  @Option(help: ArgumentHelp("How long to send, for each measurement. (default: 1)", valueName: "seconds"))
  var seconds: Double?

  @Option(help: ArgumentHelp("Tasks that send at once in the case senders. (default: 2)", valueName: "count"))
  var senders: Int?

  @Option(help: ArgumentHelp("Addresses that are sent to in the case mixed. (default: 16)", valueName: "count"))
  var destinations: Int?

  @Option(help: "Which ends are in this process. (default: both)")
  var role: UDPBenchRole?

  @Option(
    help: ArgumentHelp("Send there, with --role send; repeatable for the case mixed.", valueName: "host:port"))
  var peer: [String] = []

  @Option(
    help: ArgumentHelp(
      "Receive there; further sockets have the ports behind it. (default: 127.0.0.1:0)", valueName: "host:port"))
  var bind: String?

  @Flag(help: "Print one line of JSON for each measurement.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchUDP)
    let plan = try plan(settings)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    try await BenchSession.run(settings, output: output) {
      switch plan.role {
      case .both, .send: try await UDPBench(plan: plan, output: output).run()
      case .receive: try await UDPBenchReceiver(plan: plan, output: output).run()
      }
    }
  }

  func plan(_ settings: Settings) throws -> UDPBenchPlan {
    let cases = try settings.values(cases, "case")
    let lengths = try settings.values(length, "length")
    let plan = try UDPBenchPlan(
      role: settings.value(role, "role") ?? .both,
      cases: cases.isEmpty ? UDPBenchCase.allCases : cases,
      lengths: lengths.isEmpty ? [64, 1_200, 4_096] : lengths,
      duration: settings.seconds(seconds, "seconds", default: 1),
      senders: settings.int(senders, "senders", in: 1...64, default: 2),
      destinations: settings.int(destinations, "destinations", in: 1...1_024, default: 16),
      peers: settings.strings(peer, "peer").map { try ListenAddress.resolve($0, option: "peer") },
      bindTo: ListenAddress.resolve(settings.string(bind, "bind") ?? "127.0.0.1:0", option: "bind"))
    try plan.validate()
    return plan
  }
}
