import ArgumentParser
import PilotConsole
import PilotIdentity

/// `pilot doctor`: what stands between this machine and a beacon.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Find out how this machine reaches a beacon, and what stands in the way.",
    discussion: """
      Looks at each layer in turn: names, clock, UDP, address translation, length of frames, TCP, captive portal, proxy, TLS, \
      upgrade, authentication. Each is passed, failed or skipped, with the reason and the one thing to try; the last line \
      says what a node uses here. Nothing secret is shown. Exit 1 if there is no way to a beacon.

      Example: pilot doctor --beacon udp://beacon.example:9001 --beacon wss://beacon.example
      """)

  @Option(
    help: ArgumentHelp(
      "A beacon: udp://HOST:PORT, wss://HOST[:PORT]/v1/compat or ws://…; repeatable.", valueName: "url"))
  var beacon: [String] = []

  @Option(help: ArgumentHelp("This node's ID, to try the authentication.", valueName: "id"))
  var node: String?

  @Option(help: ArgumentHelp("The node's identity file (see pilot identity new).", valueName: "file"))
  var identity: String?

  @Option(
    help: ArgumentHelp(
      "Keep a connection for so long, to see whether something cuts it that is idle. (default: 0)",
      valueName: "seconds"))
  var idle: Int?

  @Flag(help: "Print one line of JSON for each check, and one for the verdict.")
  var json = false

  @OptionGroup var reach: ReachOptions

  @OptionGroup var globals: GlobalOptions

  func run() async throws {
    CoreDumps.forbid()
    let settings = try Settings(globals, of: Self.self, section: .doctor)
    let plan = try DoctorPlan(
      beacons: settings.strings(beacon, "beacon"), node: settings.string(node, "node"),
      identity: settings.string(identity, "identity"), reach: reach.reach(settings),
      idle: settings.int(idle, "idle", in: 0...86_400) ?? 0)
    let asJSON = try settings.bool(json, "json")
    try await ShutdownSignals.run(logger: settings.logger("pilot.doctor")) {
      try await Self.examine(plan, asJSON: asJSON)
    }
  }

  private static func examine(_ plan: DoctorPlan, asJSON: Bool) async throws {
    let examination = Examination(plan: plan) { finding in
      for line in asJSON ? [finding.json.line] : DoctorReport.lines(finding) { try await Console.standard.print(line) }
    }
    let verdict: Verdict
    do {
      verdict = try await examination.run()
    } catch {
      // A signal ended it: there is nothing to explain.
      if Task.isCancelled { return }
      throw error
    }
    try await Console.standard.print(asJSON ? verdict.json.line : "\n" + DoctorReport.text(verdict))
    // All that there is to say has been said.
    if verdict.path == .none { throw ExitStatus.failed.error }
  }
}
