import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire
import Synchronization

/// What services answer: taken on the thread of their sockets, and sealed in batches.
final class ServiceAnswers: ConnectedSocketReader {
  private struct State: ~Copyable {
    var batch: TunnelBatch
    /// The socket that was looked up last since something was last sent, and whose it is.
    var socket: UInt64?
    var owner: ServiceFlows.Owner?
    var tally: PeerTally?
  }

  private let rules: [ServeRule]
  private let flows: ServiceFlows
  private let health: ServiceHealthBook
  private let tallies: PeerTallies
  private let state: Mutex<State>
  /// Answers to flows that are gone.
  private let orphans = Atomic<UInt64>(0)

  init(_ rules: [ServeRule], tunnels: Tunnels, flows: ServiceFlows, health: ServiceHealthBook, tallies: PeerTallies) {
    (self.rules, self.flows, self.health, self.tallies) = (rules, flows, health, tallies)
    state = Mutex(State(batch: tunnels.makeBatch()))
  }

  var orphanCount: UInt64 { orphans.load(ordering: .relaxed) }

  func receive(_ payload: RawSpan, on socket: UInt64) {
    state.withLock { state in
      if state.socket != socket {
        (state.socket, state.owner) = (socket, flows.owner(of: socket))
        state.tally = state.owner.map { tallies.of($0.flow.peer) }
        if let owner = state.owner { health.answer(owner.flow.rule, from: owner.service) }
      }
      guard let flow = state.owner?.flow, let tally = state.tally else {
        orphans.wrappingAdd(1, ordering: .relaxed)
        return
      }
      state.batch.add(payload, to: flow.peer, port: flow.port, from: rules[flow.rule].port, tally)
    }
  }

  func drained() {
    state.withLock { state in
      try? state.batch.send()
      (state.socket, state.owner, state.tally) = (nil, nil, nil)
    }
  }
}
