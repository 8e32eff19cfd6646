// Connects to a beacon over WebSocket, relays a greeting to itself, and prints what the beacon delivers.
//
//   swift run WSSHello BEACON NODE IDENTITY [CA]
//
// BEACON is wss://HOST[:PORT]/v1/compat, or ws:// on this machine; NODE this node's number; IDENTITY its file, as
// `pilot identity new` makes it; CA a PEM file with the authorities to trust instead of the system's. The README shows
// how to run a beacon that knows the node.

import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

@main
enum WSSHello {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let node = NodeID(parsing: arguments[2]) else {
      return print("usage: WSSHello BEACON NODE IDENTITY [CA]")
    }
    var configuration = WSSTransport.Configuration(
      beacon: try WSSURL(parsing: arguments[1]), node: node, identity: try Identity.load(from: arguments[3]))
    if arguments.count > 4 { configuration.trust = .file(arguments[4]) }

    // Name, TCP, TLS, upgrade and authentication. What fails is thrown, with what to try. From here on the transport
    // keeps its connection up by itself.
    let transport = try await WSSTransport.connect(configuration)
    defer { transport.close() }
    async let watching: Void = watch(transport.events)

    // A frame for a node travels inside a Relay message; this one comes straight back.
    let greeting = Array("hello, \(node)".utf8)
    // Sending never waits: the frame is queued, or the error says why not. The one peer is the beacon.
    try transport.send(Relay.encoded(sender: node, destination: node, payload: greeting), to: .wssBeacon)

    var receiver = try transport.makeReceiver()
    let frame = try await receiver.next()
    let delivery = try RelayDeliver(parsing: frame.bytes)
    print("node \(delivery.sender) says \"\(String(utf8: delivery.payload) ?? "no text")\"")

    transport.close()
    await watching
  }

  /// Losses and returns of the connection, with their reasons.
  private static func watch(_ events: TransportEvents) async {
    for await event in events {
      switch event {
      case .connected: print("connected")
      case .reconnecting(let reason, let attempt, let delay): print("attempt \(attempt) in \(delay): \(reason.message)")
      case .reconnected: print("connected again")
      case .unreachable, .notice: break
      case .closed: print("closed")
      @unknown default: break
      }
    }
  }
}
