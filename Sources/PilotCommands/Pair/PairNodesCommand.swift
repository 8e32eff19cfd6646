internal import ArgumentParser
import PilotConsole
import PilotIdentity
import PilotWire

/// `pilot pair nodes`: the beacon's side.
struct PairNodesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodes",
    abstract: "Print a nodes file for a beacon, with the nodes that lines are of.",
    discussion: """
      A beacon asks nodes over WebSocket for their keys, and so needs them; it reads the file again when it changes.

      Example:
        pilot pair nodes 'pilot:1:7:…' 'pilot:1:9:…' > nodes.json
        pilot beacon --wss '[::]:443' --tls-cert chain.pem --tls-key key.pem --nodes nodes.json
      """)

  @Argument(help: "Lines of nodes.")
  var lines: [String]

  @Option(help: ArgumentHelp("Begin with the nodes of this file, which is only read.", valueName: "file"))
  var addTo: String?

  func run() async throws {
    var keys = try addTo.map { try NodesFile.load(from: $0) } ?? [:]
    for text in lines {
      let line = try PairingLine(option: text)
      guard keys[line.node].map({ $0 == line.key }) ?? true else {
        throw CommandFailure("node \(line.node) has two keys", hint: "leave one of them out")
      }
      keys[line.node] = line.key
    }
    // The text ends with a line break of its own.
    try await Console.standard.print(String(NodesFile.text(of: keys).dropLast()))
  }
}
