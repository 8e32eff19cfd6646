import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire
import Synchronization

/// What peers send to services: taken on the tunnels' reading task, gathered by flow, and sent in batches from the flow's socket.
final class ServiceRequests: DatagramSink {
  private struct State: ~Copyable {
    var batch = FrameBatch()
    /// The flow that was looked up last since something was last sent, and its destination.
    var flow: ServedFlow?
    var destination: ServiceFlows.Destination?
    var tally: PeerTally?
  }

  /// The rules by their ports.
  private let rules: [UInt16: Int]
  /// The peers that may ask; nil for all. Others have sessions as well: those that this process sends to.
  private let allowed: Set<NodeID>?
  private let flows: ServiceFlows
  private let sockets: ConnectedSockets
  private let health: ServiceHealthBook
  private let refusals: RefusalReport
  private let tallies: PeerTallies
  private let state = Mutex(State())

  init(
    _ rules: [ServeRule], for allowed: Set<NodeID>?, flows: ServiceFlows, sockets: ConnectedSockets,
    health: ServiceHealthBook, refusals: RefusalReport, tallies: PeerTallies
  ) {
    self.rules = Dictionary(rules.enumerated().map { ($0.element.port, $0.offset) }) { first, _ in first }
    (self.allowed, self.flows, self.sockets, self.tallies) = (allowed, flows, sockets, tallies)
    (self.health, self.refusals) = (health, refusals)
  }

  func receive(_ payload: RawSpan, from peer: NodeID, port: UInt16, to local: UInt16) {
    guard let rule = rules[local] else { return }
    let flow = ServedFlow(rule: rule, peer: peer, port: port)
    state.withLock { state in
      if state.flow != flow {
        send(&state)
        (state.flow, state.destination, state.tally) = (flow, destination(of: flow), tallies.of(peer))
      }
      guard let destination = state.destination else {
        state.tally?.dropHere()
        return
      }
      state.tally?.receive(payload.byteCount)
      if !state.batch.append(payload, to: destination.service) {
        send(&state)
        _ = state.batch.append(payload, to: destination.service)
      }
    }
  }

  /// Once for a run of datagrams of one flow.
  private func destination(of flow: ServedFlow) -> ServiceFlows.Destination? {
    guard allowed?.contains(flow.peer) ?? true else {
      refusals.refused(flow.peer, .notAllowed, at: .now())
      return nil
    }
    do throws(ServiceFault) {
      return try flows.destination(of: flow)
    } catch {
      health.refuse(flow.rule, error)
      return nil
    }
  }

  func drained() {
    state.withLock { state in
      send(&state)
      (state.flow, state.destination, state.tally) = (nil, nil, nil)
    }
  }

  func ended() { sockets.close() }

  private func send(_ state: inout State) {
    guard let destination = state.destination, !state.batch.isEmpty else { return }
    let count = state.batch.count
    let taken = (try? sockets.send(contentsOf: state.batch, on: destination.socket)) ?? 0
    if taken < count { state.tally?.dropHere(count - taken) }
    state.batch.removeAll()
  }
}
