internal import ArgumentParser
import PilotConsole

/// `pilot pair`: from nothing to a tunnel, by one line of text in each direction.
struct PairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pair",
    abstract: "Set up a tunnel between two nodes by exchanging one line of text.",
    discussion: """
      Makes an identity, a file for the other nodes' keys, and settings that pilot forward and pilot ping find by themselves: \
      in $XDG_CONFIG_HOME/pilot, else ~/.config/pilot. The lines hold no secret, but who can change one on its way can put \
      himself in between: both sides print a fingerprint, to be compared by voice.

      Example: the side with the service, the other side, and the first one again.
        pilot pair init --node 7 --beacon wss://beacon.example
        pilot pair accept 'pilot:1:7:…' --node 9
        pilot pair accept 'pilot:1:9:…'
      Then pilot forward serve 53=127.0.0.1:53 here, and pilot forward udp 127.0.0.1:5353 7:53 there.
      A beacon that lets in known nodes only: pilot pair nodes 'pilot:1:7:…' 'pilot:1:9:…' > nodes.json
      """,
    subcommands: [PairInitCommand.self, PairAcceptCommand.self, PairShowCommand.self, PairNodesCommand.self])

  mutating func run() throws {
    throw CommandFailure.usage("init, accept, show or nodes is missing", hint: "pilot pair --help tells them apart")
  }
}
