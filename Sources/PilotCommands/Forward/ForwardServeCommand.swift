import ArgumentParser
import PilotConsole

/// `pilot forward serve`: a port of this node leads to a service.
struct ForwardServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Have datagrams that peers send to a port of this node carried to a UDP service.",
    discussion: """
      The service sees each client of a peer as one of its own, at this machine's address. A host may be a name, which is looked up \
      again every half minute; of several addresses one is used until it refuses datagrams, or the name has it no more.

      Example: a name server for everybody among the peers, and WireGuard for nodes 9 and 11.
        pilot forward serve 53=127.0.0.1:53
        pilot forward serve 51820=vpn.example:51820 --allow 9,11
      """)

  @Argument(
    help: ArgumentHelp("The port that peers send to, and the service; repeatable.", valueName: "port=host:port"))
  var served: [String]

  @OptionGroup var allowing: AllowOptions

  @OptionGroup var options: ForwardOptions

  @OptionGroup var tunnel: TunnelOptions

  func run() async throws {
    let settings = try ForwardProgram.settings(tunnel.globals)
    let rules = try ForwardRules(
      local: [], served: served.map(ServeRule.init(parsing:)), allow: settings.strings(allowing.allow, "allow"))
    try await ForwardProgram.run(rules, options, tunnel, settings: settings)
  }
}
