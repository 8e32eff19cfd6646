// A node that sends back, to the peers whose keys it knows, whatever they send to its port 7: sealed end to end.
//
//   swift run SealedEcho BEACON NODE IDENTITY PEERS
//
// The first three as FirstProgram has them; PEERS is a file with the peers' public keys, {"<node>":"<base64>", …}, as
// `pilot pair` writes it. `pilot forward udp 127.0.0.1:7007 NODE:7` at one of the peers leads to it.

import PilotIdentity
import PilotNode
import PilotTunnel
import PilotWire

@main
enum SealedEcho {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, let id = NodeID(parsing: arguments[2]) else {
      return print("usage: SealedEcho BEACON NODE IDENTITY PEERS")
    }
    let identity = try Identity.load(from: arguments[3])
    let keys = try NodesFileDirectory(path: arguments[4])
    let node = try await Node.join(Node.Configuration(id: id, identity: identity, beacon: arguments[1]))

    let tunnels = try Tunnels(over: node, identity: identity, keys: keys)
    async let reading: Void = tunnels.run()
    let port = try tunnels.bind(7)
    for await datagram in port.datagrams {
      // One that can't be sent is lost, as on any network.
      try? port.send(datagram.payload, to: datagram.peer, port: datagram.port)
    }
    try await reading
  }
}
