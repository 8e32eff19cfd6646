package import PilotTransport
import PilotWSS
import PilotWire

/// Performs the router's decisions for one source of frames, a UDP socket or an event loop: decide, put together what
/// goes where, and send it all when the source has nothing more for the moment. Confined to that source's thread.
///
/// Frames for UDP are copied into one batch, which the socket sends grouped by destination; frames for a WebSocket peer
/// are encoded into its queue, and its event loop is told of all of them at once.
package final class FrameRelay {
  let engine: RelayEngine
  private let udp: any Transport
  let authenticator: any DiscoverAuthenticator
  let submit: @Sendable (VerificationJob) -> Bool
  private let totals: RelayTotals
  private var batch = FrameBatch()
  private var decisions: [RelayEngine.Decision] = []
  /// Connections whose event loops have yet to hear of new frames.
  private var waking: [WSSConnection] = []

  /// - Parameters:
  ///   - udp: The socket that this source's frames leave by.
  ///   - submit: Takes what is to be verified with ``verify(_:at:)`` elsewhere; false if there is no room for it.
  package init(
    engine: RelayEngine, udp: any Transport, authenticator: any DiscoverAuthenticator,
    totals: RelayTotals, submit: @escaping @Sendable (VerificationJob) -> Bool
  ) {
    self.engine = engine
    self.udp = udp
    self.authenticator = authenticator
    self.submit = submit
    self.totals = totals
    decisions.reserveCapacity(RelayEngine.decisionsPerTurn)
  }

  /// Datagrams have come, lent for the call. ``flush()`` is due.
  @unsafe
  package func relay(datagrams: LentFrames, at now: MonotonicInstant) {
    var deciding = RunCursor()
    while unsafe deciding.run < datagrams.runs.count {
      var performing = deciding
      unsafe engine.decide(datagrams, from: &deciding, into: &decisions, at: now)
      var index = 0
      unsafe datagrams.forEachFrame(from: &performing, limit: decisions.count) { frame, _ in
        perform(decisions[index], on: frame, at: now)
        index += 1
      }
      decisions.removeAll(keepingCapacity: true)
    }
  }

  /// A message has come, lent for the call. ``flush()`` is due when all that was read is through.
  func relay(_ frame: RawSpan, from connection: WSSConnection, at now: MonotonicInstant) {
    let origin = FrameOrigin.wss(ConnectionID(rawValue: connection.id), connection.node)
    perform(engine.decide(frame, from: origin, at: now), on: frame, at: now)
  }

  private func perform(_ decision: RelayEngine.Decision, on frame: RawSpan, at now: MonotonicInstant) {
    switch decision {
    case .sendUDP(let endpoint, let header, let local):
      let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
      append(header: RelayHeader(header).bytes, payload: payload, to: endpoint, from: local)
    case .sendWSS(let connection, let header):
      let payload = frame.extracting(droppingFirst: DeliverHeader.payloadOffset)
      enqueue(header: RelayHeader(header).bytes, payload: payload, on: connection, at: now)
    case .answerUDP(let answer):
      perform(answer, on: frame, at: now)
    case .answerWSS(let connection):
      enqueue(DiscoverReply(endpoint: connection.remote).encoded(), on: connection, at: now)
    case .rare(let decision):
      perform(decision, on: frame, at: now)
    case .nothing:
      break
    }
  }

  private func perform(_ decision: RelayEngine.RareDecision, on frame: RawSpan, at now: MonotonicInstant) {
    switch decision {
    case .answerAndProbe(let answer, let probe):
      send(probe)
      perform(answer, on: frame, at: now)
    case .verifyProof(let source, let local):
      submitProof(frame, from: source, local, at: now)
    case .punch(let requester, let target):
      send(requester, at: now)
      if let target { send(target, at: now) }
    case .verifyGrant(let origin):
      submitGrant(frame, from: origin)
    }
  }

  private func perform(_ answer: DiscoverAnswer, on frame: RawSpan, at now: MonotonicInstant) {
    send(answer)
    if answer.invitesProof { invite(frame, from: answer.origin, at: now) }
  }

  /// Sends the answer to a Discover over UDP: its source's own address.
  package func send(_ answer: DiscoverAnswer) {
    guard case .udp(let endpoint, let local) = answer.origin else { return }
    append(DiscoverReply(endpoint: endpoint).encoded(), to: endpoint, from: local)
  }

  private func send(_ probe: EndpointProbe) {
    append(probe.encoded(nonce: authenticator.nonce(for: probe)), to: probe.endpoint, from: probe.local)
  }

  func send(_ punch: RelayEngine.Punch, at now: MonotonicInstant) {
    let command = PunchCommand(endpoint: punch.endpoint).encoded()
    switch punch.hop {
    case .udp(let endpoint, let local): append(command, to: endpoint, from: local)
    case .wss(let connection): enqueue(command, on: connection, at: now)
    }
  }

  /// Sends what has been put together.
  package func flush() {
    sendBatch()
    for connection in waking { connection.flush() }
    waking.removeAll(keepingCapacity: true)
  }

  /// A frame that can't go, such as one that a WSS node may send and no datagram can carry, is dropped by itself; a full
  /// socket buffer drops what is left, since waiting would hold up everybody.
  private func sendBatch() {
    while !batch.isEmpty {
      do throws(TransportError) {
        batch.removeFirst(try udp.send(contentsOf: batch))
      } catch {
        let isFull = error.code == .backpressure || error.code == .closed
        let count = isFull ? batch.count : 1
        totals.unsent(count)
        batch.removeFirst(count)
      }
    }
  }

  private func invite(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) {
    guard case .udp(let endpoint, let local) = origin, let offer = Router.offer(in: frame, at: now) else { return }
    guard let known = authenticator.knownKey(of: offer.node) else {
      // At the next Discover it may be at hand.
      if engine.admitsFetch(for: endpoint, at: now) { authenticator.fetchKey(of: offer.node) }
      return
    }
    guard known == offer.key, engine.admitsChallenge(of: offer.node, to: endpoint, at: now),
      let challenge = authenticator.challenge(offer.node, offering: offer.key, stamp: offer.stamp, to: endpoint)
    else { return }
    append(challenge.encoded(), to: endpoint, from: local)
  }

  private func append(_ message: [UInt8], to endpoint: Endpoint, from local: LocalAddress) {
    totals.answered()
    append(header: message.span.raw, payload: RawSpan(), to: endpoint, from: local)
  }

  private func append(header: RawSpan, payload: RawSpan, to endpoint: Endpoint, from local: LocalAddress) {
    if batch.append(header: header, payload: payload, to: endpoint, from: local) { return }
    sendBatch()
    if !batch.append(header: header, payload: payload, to: endpoint, from: local) { totals.unsent(1) }
  }

  private func enqueue(_ message: [UInt8], on connection: WSSConnection, at now: MonotonicInstant) {
    enqueue(header: message.span.raw, payload: RawSpan(), on: connection, at: now)
  }

  private func enqueue(
    header: RawSpan, payload: RawSpan, on connection: WSSConnection, at now: MonotonicInstant
  ) {
    guard let needsFlush = connection.enqueue(head: header, body: payload, at: now) else {
      return totals.connectionGone()
    }
    if needsFlush { waking.append(connection) }
  }
}
