import PilotTransport
import PilotTunnel
import PilotUDP
import PilotWire

/// One forwarded port: what clients send there goes to its peer.
struct LocalForward: Sendable {
  /// The rule's place among all.
  let place: Int
  let rule: ForwardRule
  let socket: UDPTransport
  let flows: SharedFlows
  let answers: LocalAnswers
  let tunnels: Tunnels
  let tally: PeerTally

  /// Reads until the socket is closed, on the thread that waits for it.
  func run() async throws(TransportError) {
    try await withTaskExecutorPreference(socket.executor) { () async throws(TransportError) in
      try await read()
    }
  }

  /// A client's flow is looked up once for all that has arrived from it at a time; all of that is sealed as one batch.
  private func read() async throws(TransportError) {
    var receiver = try socket.makeReceiver()
    var batch = tunnels.makeBatch()
    var last: (client: LocalClient, port: UInt16)?
    try await receiver.forEach { frame in
      let client = LocalClient(rule: place, address: frame.source, local: frame.local)
      if last?.client != client {
        last = flows.port(of: client, tunnels, answers).map { (client, $0) }
      }
      guard let port = last?.port else { return tally.dropHere() }
      batch.add(frame.bytes, to: rule.peer, port: rule.port, from: port, tally)
    } whenDrained: {
      try? batch.send()
      last = nil
    }
  }
}

extension TunnelBatch {
  /// Seals a datagram into the batch, which is sent if it is full. What doesn't fit a datagram, or has no way to go, the tunnels count.
  mutating func add(_ payload: RawSpan, to peer: NodeID, port: UInt16, from source: UInt16, _ tally: PeerTally) {
    let isTaken: Bool
    do throws(TransportError) {
      isTaken = try append(payload, to: peer, port: port, from: source)
    } catch {
      if let limit = error.code.frameLimit, payload.byteCount > limit { tally.refuse(length: payload.byteCount) }
      return
    }
    if !isTaken {
      try? send()
      guard (try? append(payload, to: peer, port: port, from: source)) == true else { return }
    }
    tally.send(payload.byteCount)
  }
}
