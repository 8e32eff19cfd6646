import ArgumentParser
import PilotConsole

/// `pilot forward run`, and `pilot forward` alone: all that the settings say.
struct ForwardRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Forward all that the settings or these options say, in one process.",
    discussion: """
      Example: two services of node 7 and one of this node's own, by options or by settings.
        pilot forward --local 127.0.0.1:5353=7:53 --local 127.0.0.1:51820=7:51820 --serve 7=127.0.0.1:7
        {"forward":{"local":["127.0.0.1:5353=7:53","127.0.0.1:51820=7:51820"],"serve":["7=127.0.0.1:7"],…}}
      """)

  @Option(
    help: ArgumentHelp(
      "A port of this machine, and the node and port that it leads to; repeatable.", valueName: "local:port=node:port"))
  var local: [String] = []

  @Option(
    help: ArgumentHelp(
      "A port of this node, and the service that it leads to; repeatable.", valueName: "port=host:port"))
  var serve: [String] = []

  @OptionGroup var allowing: AllowOptions

  @OptionGroup var options: ForwardOptions

  @OptionGroup var tunnel: TunnelOptions

  func run() async throws {
    let settings = try ForwardProgram.settings(tunnel.globals)
    let rules = try ForwardRules(
      local: settings.strings(local, "local").map(ForwardRule.init(option:)),
      served: settings.strings(serve, "serve").map(ServeRule.init(parsing:)),
      allow: settings.strings(allowing.allow, "allow"))
    try await ForwardProgram.run(rules, options, tunnel, settings: settings)
  }
}
