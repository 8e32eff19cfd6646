import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// What comes from the node, on the task that reads it: opened, and handed to whoever has the port.
///
/// Ports are looked up once for a run of packets to the same one, and only those that got something are told when all that had
/// arrived has been handed over.
struct TunnelReader: ~Copyable {
  private let tunnels: Tunnels
  private let plaintext = PlaintextBuffer()
  /// The port that was looked up last since all had been drained, and whose it is.
  private var port: UInt16 = 0
  private var sink: (any DatagramSink)?
  /// What time it was, and for how many frames more it is taken to be: they have all arrived by then.
  private var now = MonotonicInstant.now()
  private var framesToNow = 0
  private static let framesPerLook = 32
  /// Those that got something since then, each once.
  private var fed: [any DatagramSink] = []

  init(_ tunnels: Tunnels) { self.tunnels = tunnels }

  mutating func received(_ event: borrowing NodeEvent) {
    switch event {
    case .message(let message): receive(message.payload, by: .relay, relayedFor: message.sender)
    case .direct(let frame): receive(frame.bytes, by: .direct(frame.source), relayedFor: nil)
    case .control(let frame): tunnels.receivedControl(frame.bytes)
    case .state(let state):
      if case .ready = state {
        tunnels.drive { $0.reached(at: .now()) }
        tunnels.surround()
      }
      tunnels.tellAllRoutes()
      tunnels.tell(.node(state))
    case .switched: tunnels.tellAllRoutes()
    case .gone(let peer, _):
      tunnels.drive { $0.gone(peer, at: .now()) }
      // The beacon knows of its own relay alone: who is reached directly is there.
      if !tunnels.reachesDirectly(peer) { tunnels.tell(.gone(peer)) }
    @unknown default: break
    }
  }

  private mutating func receive(_ frame: RawSpan, by route: TunnelRoute, relayedFor relayer: NodeID?) {
    if framesToNow == 0 { (now, framesToNow) = (.now(), Self.framesPerLook) }
    framesToNow -= 1
    let now = now
    let reception = plaintext.withBytes { bytes in
      tunnels.drive { $0.receive(frame, by: route, relayedFor: relayer, at: now, into: &bytes) }
    }
    switch reception {
    case .packet(let peer, let header, let range):
      guard header.protocol == .datagram else { return tunnels.tally.otherProtocol.count() }
      plaintext.withBytes(range) { deliver($0, header, from: peer) }
    case .assembled(let peer, let header, let datagram): deliver(datagram.span.raw, header, from: peer)
    case .echo(let peer, let range): tell(range, of: peer, by: route, at: now)
    case .probe, .life, .punch, .exchange, .fragment, .dropped: break
    }
  }

  private func tell(_ range: Range<Int>, of peer: NodeID, by route: TunnelRoute, at now: MonotonicInstant) {
    plaintext.withBytes(range) { payload in
      // Sessions and paths probe by themselves.
      let bytes = payload.copied()
      guard ProbePayload(parsing: payload) == nil, bytes != PeerSessions.probePayload else { return }
      tunnels.tell(.echo(TunnelEcho(peer: peer, payload: bytes, route: tunnels.peerRoute(route), arrival: now)))
    }
  }

  private mutating func deliver(_ payload: RawSpan, _ header: PacketHeader, from peer: NodeID) {
    if port != header.destination.port { lookUp(header.destination.port) }
    guard let sink else { return tunnels.tally.unboundPort.count() }
    sink.receive(payload, from: peer, port: header.source.port, to: header.destination.port)
  }

  private mutating func lookUp(_ port: UInt16) {
    self.port = port
    sink = tunnels.ports.withLock { $0[port] }
    guard let sink, !fed.contains(where: { $0 === sink }) else { return }
    fed.append(sink)
  }

  /// All that had arrived has been looked at.
  mutating func drained() {
    tunnels.state.withLock { $0.drained() }
    for sink in fed { sink.drained() }
    fed.removeAll(keepingCapacity: true)
    (port, sink, framesToNow) = (0, nil, 0)
  }
}

extension Tunnels {
  fileprivate func receivedControl(_ frame: RawSpan) {
    guard let command = try? PunchCommand(parsing: frame) else { return }
    drive { $0.punchCommanded(to: command.endpoint, at: .now()) }
  }
}
