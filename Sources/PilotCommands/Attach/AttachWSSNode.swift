import PilotConsole
import PilotIdentity
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// A node on a WebSocket connection, which keeps itself announced to its beacon.
final class AttachWSSNode: AttachNode {
  let node: NodeID
  let transport: any Transport
  let beacon = Endpoint.wssBeacon
  let output: AttachOutput
  private let announcement: [UInt8]
  private let schedule = Mutex(AnnouncementSchedule())
  private let alarm = Alarm()
  /// How long there may be nothing to announce, until an event says otherwise.
  private static let rest: Duration = .seconds(3600)

  init(_ plan: AttachPlan, transport: any Transport, output: AttachOutput) {
    node = plan.node
    announcement = Discover(node: plan.node, publicKey: plan.identity.publicKey).encoded()
    self.transport = transport
    self.output = output
  }

  func serve() async -> AttachOutcome {
    AttachInputThread.start(for: self)
    await withTaskGroup { group in
      group.addTask { await self.receive() }
      group.addTask { await self.announce() }
      await watch()
      group.cancelAll()
    }
    return .done
  }

  private func watch() async {
    for await event in transport.events {
      switch event {
      case .connected:
        output.write(.ready(transport: "wss", local: transport.localEndpoint))
        schedule.withLock { $0.connected(at: .now()) }
      case .reconnected:
        schedule.withLock { $0.connected(at: .now()) }
      case .reconnecting:
        schedule.withLock { $0.disconnected() }
      case .unreachable, .notice, .closed:
        break
      }
      alarm.ring()
      if let event = AttachEvent(event) { output.write(event) }
    }
  }

  private func announce() async {
    while !Task.isCancelled {
      switch schedule.withLock({ $0.tick(at: .now()) }) {
      case .announce:
        do {
          try transport.send(announcement, to: beacon)
        } catch {
          schedule.withLock { $0.refused(at: .now()) }
        }
      case .wait(let instant):
        await alarm.wait(for: MonotonicInstant.now().duration(to: instant))
      case .rest:
        await alarm.wait(for: Self.rest)
      }
    }
  }

  private func receive() async {
    // Whatever comes on this connection, the beacon has sent.
    await receiveAll { frame in output.write(frame.bytes, from: frame.source, isBeacon: true) }
  }
}
