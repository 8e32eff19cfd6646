import PilotTransport
import PilotTunnel
import Synchronization

/// The flows of all clients, between the tasks that read their datagrams and the one that reads the answers.
final class SharedFlows: Sendable {
  private let flows: Mutex<LocalFlows>
  init(_ flows: consuming LocalFlows) { self.flows = Mutex(flows) }

  /// How many there are.
  var count: Int { flows.withLock { $0.count } }

  /// Whose a port is; nil if it is nobody's.
  func answered(_ port: UInt16) -> LocalClient? {
    let now = MonotonicInstant.now()
    return flows.withLock { $0.answered(port, at: now) }
  }

  /// The port of a client's flow, which is bound by then; nil if none can be had.
  func port(of client: LocalClient, _ tunnels: Tunnels, _ sink: any DatagramSink) -> UInt16? {
    let now = MonotonicInstant.now()
    let assignment = flows.withLock { $0.assign(client, at: now) }
    if let given = assignment.given { tunnels.unbind(given, sink) }
    guard assignment.isNew else { return assignment.port }
    do throws(TransportError) {
      return try tunnels.bind(assignment.port, sink)
    } catch {
      // Somebody else in this process has it: the next datagram gets another one.
      flows.withLock { $0.close(assignment.port) }
      return nil
    }
  }

  /// Gives up what nothing has gone through.
  func expire(_ tunnels: Tunnels, _ sink: any DatagramSink) {
    let now = MonotonicInstant.now()
    while let port = flows.withLock({ $0.expire(at: now) }) { tunnels.unbind(port, sink) }
  }
}
