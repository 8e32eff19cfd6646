import ArgumentParser
import PilotConsole

/// `pilot forward`: UDP services of other nodes, as if they were here.
struct ForwardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward",
    abstract: "Carry a UDP service between two nodes, sealed end to end.",
    discussion: """
      Any program that speaks UDP goes through: DNS, WireGuard, QUIC, games, telephony; also where a network lets no UDP pass. \
      Neither the network nor the beacon can read it. Each client has a flow of its own, which ends a minute after its last \
      datagram. At most 1,153 bytes fit into a datagram; with --fragment on both sides, more go in several, which QUIC needs.

      Without udp or serve it runs what the settings say, any number of both in one process. Settings are those of --config; where \
      that and PILOT_CONFIG are missing, and pilot pair has made some, those.

      Example: a name server behind node 7, asked on another machine at 127.0.0.1:5353.
        pilot forward serve 53=127.0.0.1:53
        pilot forward udp 127.0.0.1:5353 7:53
      """,
    subcommands: [ForwardUDPCommand.self, ForwardServeCommand.self, ForwardRunCommand.self],
    defaultSubcommand: ForwardRunCommand.self)
}
