import ArgumentParser
import Logging
import PilotConsole
import PilotIdentity
import PilotWire

/// `pilot attach`: one node, driven by lines of JSON.
struct AttachCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Run one node, driven by lines of JSON.",
    discussion: """
      Reads lines from standard input: {"send":"<hex>"} sends a frame to the beacon, {"send":"<hex>","to":"IP:PORT"} to \
      an address (UDP), {"relay":7,"payload":"<hex>"} relays a payload to node 7, {"close":true} ends. Writes what \
      happens as lines to standard output.

      A node with a beacon URL for UDP and one for WebSocket goes the way that works, and changes it when the network does. The \
      first of each lead to one beacon, the second ones to the next, which is taken where the first can't be reached.

      Example: pilot attach --node 7 --identity id.json --transport wss --beacon wss://beacon.example
      """)

  @OptionGroup var node: NodeOptions

  @OptionGroup var capture: CaptureOptions

  @OptionGroup var reach: ReachOptions

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    CoreDumps.forbid()
    let settings = try Settings(globals, of: Self.self, section: .attach)
    var plan = try node.plan(settings, reach: reach.reach(settings))
    let logger = settings.logger("pilot.attach")
    try plan.log(to: logger)
    let capture = try capture.begin(&plan, settings, logger: logger)
    try await ShutdownSignals.run(logger: logger) { [plan] in
      try await NodeCapture.run(capture) {
        try await AttachSession(plan, output: AttachOutput(), logger: logger).run()
      }
    }
  }
}
