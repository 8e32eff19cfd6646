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

  @Option(help: ArgumentHelp("This node's ID, 1 or more.", valueName: "id"))
  var node: String?

  @Option(help: ArgumentHelp("The node's identity file (see pilot identity new).", valueName: "file"))
  var identity: String?

  @Option(
    help: ArgumentHelp(
      "The beacon: udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…; repeatable.", valueName: "url"))
  var beacon: [String] = []

  @Option(help: "How to reach the beacon. (default: auto: UDP where frames come through, else WSS)")
  var transport: AttachTransport?

  @Option(help: "Whether UDP may be used: never sends no datagram at all. (default: auto)")
  var udp: AttachUse?

  @Option(help: "Whether WebSocket may be used: never opens no connection at all. (default: auto)")
  var wss: AttachUse?

  @Option(
    help: ArgumentHelp(
      "A beacon that is kept ready to take over, with the URLs that --beacon takes; repeatable.", valueName: "url"))
  var standby: [String] = []

  @Option(
    help: ArgumentHelp(
      "Drop frames that have waited longer to be sent over a WebSocket, in seconds. (default: 1)", valueName: "seconds")
  )
  var maxFrameAge: Int?

  @Option(
    help: ArgumentHelp(
      """
      Write all frames to this file, for Wireshark and tshark (pcapng, mode 0600; or to a pipe). Sealed payloads stay sealed.
      """, valueName: "file"))
  var capture: String?

  @Option(
    help: ArgumentHelp(
      "End the capture, and not the node, when its file has this many MiB. (default: 64)", valueName: "MiB"))
  var captureLimit: Int?

  @OptionGroup var reach: ReachOptions

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    CoreDumps.forbid()
    let settings = try Settings(globals, of: Self.self, section: .attach)
    var plan = try AttachPlan(
      node: settings.string(node, "node"), identity: settings.string(identity, "identity"),
      beacons: settings.strings(beacon, "beacon"), standbys: settings.strings(standby, "standby"),
      transport: settings.value(transport, "transport") ?? .auto, udp: settings.value(udp, "udp") ?? .auto,
      wss: settings.value(wss, "wss") ?? .auto, reach: reach.reach(settings),
      maximumFrameAge: settings.int(maxFrameAge, "max-frame-age", in: 1...3_600).map { .seconds($0) })
    let logger = settings.logger("pilot.attach")
    for url in plan.unused {
      logger.warning("A beacon is not used: its transport isn't", metadata: ["beacon": "\(url)"])
    }
    if let decision = try plan.proxyDecision {
      logger.info("How the beacon is reached over WebSocket", metadata: ["proxy": "\(decision)"])
    }
    let capture = try AttachCapture(
      file: settings.string(capture, "capture"),
      limit: settings.int(captureLimit, "capture-limit", in: 1...1_048_576), logger: logger)
    if let capture { plan.capture(into: capture.frames) }
    try await ShutdownSignals.run(logger: logger) { [plan] in
      do {
        try await AttachSession(plan, output: AttachOutput(), logger: logger).run()
      } catch {
        await capture?.stop()
        throw error
      }
      await capture?.stop()
    }
  }
}

/// Which transport a node uses.
enum AttachTransport: String, CaseIterable, ExpressibleByArgument, Sendable {
  case udp, wss, auto
}

/// Whether a node may use a transport.
enum AttachUse: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, never
}
