import PilotTransport
import PilotWire

/// A node on a WebSocket connection.
final class AttachWSSNode: AttachNode {
  let node: NodeID
  let transport: any Transport
  let beacon = Endpoint.compatBeacon
  let output: AttachOutput

  init(node: NodeID, transport: any Transport, output: AttachOutput) {
    self.node = node
    self.transport = transport
    self.output = output
  }

  func serve() async -> AttachOutcome {
    AttachInputThread.start(for: self)
    await withTaskGroup { group in
      group.addTask { await self.watch() }
      group.addTask { await self.receive() }
    }
    return .done
  }

  private func watch() async {
    for await event in transport.events {
      if case .connected = event {
        output.write(.ready(transport: "wss", local: transport.localEndpoint))
      } else if let event = AttachEvent(event) {
        output.write(event)
      }
    }
  }

  private func receive() async {
    do {
      var receiver = try transport.makeReceiver()
      while true {
        try await receiver.receive { frame, source in output.write(AttachEvent(frame, from: source)) }
      }
    } catch {
      // Closed: `serve` returns.
    }
  }
}
