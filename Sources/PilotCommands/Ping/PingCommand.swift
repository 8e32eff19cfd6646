import ArgumentParser
import PilotConsole
import PilotWire
import ServiceLifecycle

/// `pilot ping`: round trips to a node.
struct PingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping",
    abstract: "Measure round trips to a node, sealed end to end.",
    discussion: """
      Every node answers that holds tunnels and knows this one's key. Without --count it goes on until SIGINT, and sums up then. \
      Exit 1 if nothing came back. Settings are found as by pilot forward. It is a node itself: not while pilot forward runs \
      with the same ID.

      Example:
        pilot ping 7 --count 10
      """)

  @Argument(help: ArgumentHelp("The node.", valueName: "node"))
  var target: String

  @Option(help: ArgumentHelp("So many probes. (default: without end)", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("The time between two probes, 0.01 or more. (default: 1)", valueName: "seconds"))
  var interval: Double?

  @OptionGroup var tunnel: TunnelOptions

  func run() async throws {
    CoreDumps.forbid()
    guard let target = NodeID(parsing: target) else {
      throw CommandFailure.usage("\"\(target.excerpt)\" is no node's ID", hint: "a node's ID is 1...4294967295")
    }
    let settings = try Settings(
      tunnel.globals, of: Self.self, section: .ping, defaultFile: PairFolder.standard()?.configuration)
    let count = try settings.int(count, "count", in: 1...1_000_000_000)
    let interval = try settings.seconds(interval, "interval", default: 1)
    guard interval >= .milliseconds(10) else { throw CommandFailure.usage("--interval must be 0.01 or more") }
    var plan = try tunnel.plan(settings)
    let logger = settings.logger("pilot.ping")
    try plan.log(to: logger)
    let capture = try tunnel.capture.begin(&plan.node, settings, logger: logger)
    let signals = await ShutdownSignals.trap()
    let session = try PingSession(target, count: count, interval: interval, plan: plan, logger: logger)
    var failure: (any Error)?
    do {
      try await NodeCapture.run(capture) { try await signals.run([PingService(session: session)], logger: logger) }
    } catch {
      failure = error
    }
    let statistics = session.statistics
    let lines = plan.isJSON ? [statistics.json.line] : statistics.lines(to: "\(target)")
    for line in lines { try await Console.standard.print(line) }
    if let failure { throw failure }
    if statistics.received == 0 { throw ExitStatus.failed.error }
  }
}
