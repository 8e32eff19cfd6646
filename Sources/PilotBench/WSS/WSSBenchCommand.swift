import ArgumentParser
import PilotConsole
import PilotWire

/// `pilot bench wss`: what a frame costs a client on a WebSocket connection.
struct WSSBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wss",
    abstract: "Measure the WebSocket client alone: how much it sends, and what that costs.",
    discussion: """
      The other end is a process of its own that only counts, and tells the count when it is asked behind the last \
      frame. The processor time is this process's. When the transport's queue is full (.backpressure), the sender sleeps \
      for 1 ms, in which the queue can't run dry; such times are counted, and cost little.

      Example: pilot bench wss --tls --batched --seconds 5
      """)

  @Option(help: ArgumentHelp("Bytes per frame. (default: 1200)", valueName: "bytes"))
  var length: Int?

  @Option(help: ArgumentHelp("How long to send, for each measurement. (default: 2)", valueName: "seconds"))
  var seconds: Double?

  @Flag(help: "Send by the batch. (default: both ways)")
  var batched = false

  @Flag(help: "Send frames one by one.")
  var single = false

  @Flag(help: "Over TLS. (default: both)")
  var tls = false

  @Flag(help: "In the clear.")
  var plain = false

  @Flag(help: "Print one line of JSON for each measurement.")
  var json = false

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    let settings = try Settings(globals, of: Self.self, section: .benchWSS)
    let output = BenchOutput(isJSON: try settings.bool(json, "json"))
    let bounds = (WSSSinkDispatcher.questionLength + 1)...FrameLimits.maximumOverWSS
    let bench = try WSSBench(
      length: settings.int(length, "length", in: bounds, default: 1_200),
      duration: settings.seconds(seconds, "seconds", default: 2),
      secure: settings.eitherOrBoth(plain, "plain", tls, "tls"),
      batched: settings.eitherOrBoth(single, "single", batched, "batched"), output: output)
    try await BenchSession.run(settings, output: output) { try await bench.run() }
  }
}
