internal import ArgumentParser
import PilotConsole
internal import PilotWire

/// How `identity new` and `identity show` print an identity: its public half, in one of three forms.
struct IdentityOutputOptions: ParsableArguments {
  @Flag(help: "Print JSON: {\"file\":…,\"public_key\":…}.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Print a nodes file in which the key belongs to this node: {\"7\":\"<key>\"}.", valueName: "id"),
    transform: Self.node)
  var node: NodeID?

  mutating func validate() throws {
    guard !json || node == nil else { throw ValidationError("'--json' and '--node' can't be used together.") }
  }

  private static func node(_ text: String) throws -> NodeID {
    guard let node = NodeID(parsing: text) else {
      throw ValidationError("a node ID is a number from 1 to \(UInt32.max)")
    }
    return node
  }

  /// One line.
  func text(of key: PublicKey, from file: String) -> String {
    if json { return JSONValue.object(present: ["file": .string(file), "public_key": .string(key.base64)]).line }
    if let node { return JSONValue.object([.init(name: node.description, value: .string(key.base64))]).line }
    return key.base64
  }
}
