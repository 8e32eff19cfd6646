// Joins a beacon as a node, greets another one or itself, and prints what comes, until it is interrupted.
//
//   swift run FirstProgram BEACON NODE IDENTITY PEER
//
// BEACON is udp://HOST:PORT, wss://HOST[:PORT], or ws:// on this machine; NODE this node's number; IDENTITY its file, as
// `pilot identity new` makes it; PEER whom to greet. The README shows how to run a beacon that knows the node.

import PilotIdentity
import PilotNode
import PilotWire

@main
enum FirstProgram {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let id = NodeID(parsing: arguments[2]), let peer = NodeID(parsing: arguments[4])
    else { return print("usage: FirstProgram BEACON NODE IDENTITY PEER") }
    let identity = try Identity.load(from: arguments[3])
    let node = try await Node.join(Node.Configuration(id: id, identity: identity, beacon: arguments[1]))
    try node.send(Array("hello from \(id)".utf8), to: peer)
    var receiver = try node.makeReceiver()
    try await receiver.forEachMessage { message in
      print("node \(message.sender) says", String(utf8: message.payload) ?? "\(message.payload.byteCount) bytes")
    }
  }
}
