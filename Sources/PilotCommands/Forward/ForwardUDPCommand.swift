import ArgumentParser
import PilotConsole

/// `pilot forward udp`: a port of this machine leads to a node's.
struct ForwardUDPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "udp",
    abstract: "Have datagrams to a port of this machine carried to a port of a node.",
    discussion: """
      Example: with what pilot pair has set up, and without.
        pilot forward udp 127.0.0.1:5353 7:53
        pilot forward udp '[::1]:51820' 7:51820 --node 9 --identity node9.json --peers peers.json --beacon wss://beacon.example
      """)

  @Argument(
    help: ArgumentHelp("Where clients send to, for example 127.0.0.1:5353; port 0 picks one.", valueName: "local:port"))
  var local: String

  @Argument(help: ArgumentHelp("The node and the port that it serves, for example 7:53.", valueName: "node:port"))
  var target: String

  @OptionGroup var options: ForwardOptions

  @OptionGroup var tunnel: TunnelOptions

  func run() async throws {
    let rules = try ForwardRules(local: [ForwardRule(local: local, target: target)], served: [])
    try await ForwardProgram.run(
      rules, options, tunnel, settings: ForwardProgram.settings(tunnel.globals))
  }
}
