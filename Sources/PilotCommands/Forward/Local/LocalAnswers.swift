import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire
import Synchronization

/// What peers send back to clients of this machine: taken on the tunnels' reading task, gathered, and sent in batches.
final class LocalAnswers: DatagramSink {
  private struct State: ~Copyable {
    var batch = FrameBatch()
    /// Whose the batch is: a rule's place; nil while it is empty.
    var rule: Int?
    /// The port that was looked up last since something was last sent, and whose it is.
    var port: UInt16?
    var client: LocalClient?
  }

  private let rules: [ForwardRule]
  private let sockets: [UDPTransport]
  private let flows: SharedFlows
  private let tallies: PeerTallies
  /// By rule.
  private let ruleTallies: [PeerTally]
  private let state = Mutex(State())

  init(_ rules: [ForwardRule], sockets: [UDPTransport], flows: SharedFlows, tallies: PeerTallies) {
    (self.rules, self.sockets, self.flows, self.tallies) = (rules, sockets, flows, tallies)
    ruleTallies = rules.map { tallies.of($0.peer) }
  }

  func receive(_ payload: RawSpan, from peer: NodeID, port: UInt16, to local: UInt16) {
    state.withLock { state in
      if state.port != local { (state.port, state.client) = (local, flows.answered(local)) }
      // A port is open for the one whom its flow is with.
      guard let client = state.client, rules[client.rule].peer == peer, rules[client.rule].port == port else {
        return tallies.of(peer).dropHere()
      }
      ruleTallies[client.rule].receive(payload.byteCount)
      if state.rule != client.rule { send(&state) }
      if !state.batch.append(payload, to: client.address, from: client.local) {
        send(&state)
        _ = state.batch.append(payload, to: client.address, from: client.local)
      }
      state.rule = client.rule
    }
  }

  func drained() {
    state.withLock { state in
      send(&state)
      (state.port, state.client) = (nil, nil)
    }
  }

  func ended() {
    for socket in sockets { socket.close() }
  }

  /// What the kernel has no room for is dropped: to wait for it would hold up all peers.
  private func send(_ state: inout State) {
    guard let rule = state.rule else { return }
    let count = state.batch.count
    let taken = (try? sockets[rule].send(contentsOf: state.batch)) ?? 0
    if taken < count { ruleTallies[rule].dropHere(count - taken) }
    state.batch.removeAll()
    state.rule = nil
  }
}
