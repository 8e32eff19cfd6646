import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// What comes from the node, on the task that reads it.
extension Tunnels {
  func received(_ event: borrowing NodeEvent) {
    switch event {
    case .message(let message): receive(message.payload, by: .relay, relayedFor: message.sender)
    case .direct(let frame): receive(frame.bytes, by: .direct(frame.source), relayedFor: nil)
    case .control(let frame): receivedControl(frame.bytes)
    case .state(let state):
      if case .ready = state { surround() }
      tellAllPaths()
      tell(.node(state))
    case .switched: tellAllPaths()
    case .gone(let peer, _): tell(.gone(peer))
    @unknown default: break
    }
  }

  private func receive(_ frame: RawSpan, by route: TunnelRoute, relayedFor relayer: NodeID?) {
    let now = MonotonicInstant.now()
    let reception = plaintext.withBytes { bytes in
      drive { $0.receive(frame, by: route, relayedFor: relayer, at: now, into: &bytes) }
    }
    switch reception {
    case .packet(let peer, let header, let range): deliver(header, range, from: peer)
    case .echo(let peer, let range):
      plaintext.withBytes(range) { payload in
        // Sessions and paths probe by themselves.
        let bytes = payload.copied()
        guard ProbePayload(parsing: payload) == nil, bytes != PeerSessions.probePayload else { return }
        tell(.echo(TunnelEcho(peer: peer, payload: bytes, path: path(route), arrival: now)))
      }
    case .probe, .life, .punch, .exchange, .dropped: break
    }
  }

  private func deliver(_ header: PacketHeader, _ range: Range<Int>, from peer: NodeID) {
    guard header.protocol == .datagram else { return tally.otherProtocol.count() }
    guard let sink = ports.withLock({ $0[header.destination.port] }) else { return tally.unboundPort.count() }
    plaintext.withBytes(range) { payload in
      sink.receive(payload, from: peer, port: header.source.port, to: header.destination.port)
    }
  }

  private func receivedControl(_ frame: RawSpan) {
    guard let command = try? PunchCommand(parsing: frame) else { return }
    drive { $0.punchCommanded(to: command.endpoint, at: .now()) }
  }

  /// All that had arrived has been looked at.
  func drained() {
    state.withLock { $0.drained() }
    for sink in ports.withLock({ $0.all }) { sink.drained() }
  }
}
