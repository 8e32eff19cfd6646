import PilotConsole
import PilotIdentity
import PilotWire

extension NodesFile {
  /// The text of a file with these keys, a line for each, by the nodes' numbers.
  static func text(of keys: [NodeID: PublicKey]) -> String {
    let lines = keys.sorted { $0.key < $1.key }.map { "  \"\($0.key)\": \"\($0.value.base64)\"" }
    return lines.isEmpty ? "{}\n" : "{\n\(lines.joined(separator: ",\n"))\n}\n"
  }
}
