package import PilotTransport
import PilotWSS
package import PilotWire

/// What the router wants done beside relaying.
extension FrameRelay {
  /// Performs the outputs of a turn, and those that telling the router of them leads to: three links at most.
  func performOutputs(at now: MonotonicInstant) {
    guard !turn.outputs.isEmpty || !turn.jobs.isEmpty else { return }
    var (outputs, jobs) = (0, 0)
    while true {
      if outputs < turn.outputs.count {
        perform(turn.outputs[outputs], at: now)
        outputs += 1
      } else if jobs < turn.jobs.count {
        perform(turn.jobs[jobs], at: now)
        jobs += 1
      } else {
        break
      }
    }
    turn.outputs.removeAll(keepingCapacity: true)
    turn.jobs.removeAll(keepingCapacity: true)
  }

  private func perform(_ job: RouterJob, at now: MonotonicInstant) {
    switch job {
    case .checkToken(let job):
      let check = authenticator.check(job)
      engine.tell(&turn) { $0.checkedToken(of: job, check, at: now) }
    case .verify(let job):
      if !submit(job) { engine.tell(&turn) { $0.leftOut(job) } }
    }
  }

  private func perform(_ output: RouterOutput, at now: MonotonicInstant) {
    switch output {
    case .reply(.udp(let endpoint, let local)):
      send(DiscoverReply(endpoint: endpoint), .udp(endpoint, from: local), at: now)
    case .reply(.wss(let id)):
      guard let remote = engine.remote(of: id) else { return totals.connectionGone() }
      send(DiscoverReply(endpoint: remote), .wss(id), at: now)
    case .probe(let probe):
      send(probe.encoded(nonce: authenticator.nonce(for: probe)), to: probe.endpoint, from: probe.local)
    case .punch(let hop, let command):
      send(command, hop, at: now)
    case .findKey(let offer):
      let key = authenticator.knownKey(of: offer.node)
      engine.tell(&turn) { $0.foundKey(key, for: offer, at: now) }
    case .fetchKey(let node):
      authenticator.fetchKey(of: node)
    case .challenge(let offer):
      guard
        let challenge = authenticator.challenge(
          offer.node, offering: offer.key, stamp: offer.stamp, to: offer.endpoint)
      else { return }
      send(challenge, .udp(offer.endpoint, from: offer.local), at: now)
    case .checkNonce(let probe, let nonce):
      let isOwn = authenticator.nonce(for: probe) == nonce
      engine.tell(&turn) { $0.checkedNonce(of: probe, isOwn: isOwn, at: now) }
    case .gone(let hop, let gone):
      send(gone, hop, at: now)
    case .replaced(let id):
      engine.replace(id)
    }
  }

  private func send(_ message: some FrameEncodable, _ hop: Hop, at now: MonotonicInstant) {
    let bytes = message.encoded()
    switch hop {
    case .udp(let endpoint, let local): send(bytes, to: endpoint, from: local)
    case .wss(let id):
      if !enqueue(header: bytes.span.raw, payload: RawSpan(), from: 0, on: engine.connection(id), id, at: now) {
        totals.connectionGone()
      }
    }
  }

  private func send(_ bytes: [UInt8], to endpoint: Endpoint, from local: LocalAddress) {
    totals.answered()
    append(header: bytes.span.raw, payload: RawSpan(), to: endpoint, from: local)
  }

  /// Tells a node over UDP that the beacon is about to end. ``flush()`` is due.
  func tell(_ drain: Drain, at endpoint: Endpoint, from local: LocalAddress) {
    send(drain.encoded(), to: endpoint, from: local)
  }

  /// A peer has authenticated. What it replaces is closed.
  ///
  /// - Returns: Whether there was something to replace.
  @discardableResult
  func attach(_ connection: WSSConnection, at now: MonotonicInstant) -> Bool {
    let replaces = engine.attach(connection, &turn)
    performOutputs(at: now)
    return replaces
  }

  /// A peer that is connected to the beacon before is attached here. ``flush()`` is due.
  func attach(_ peer: PeerLinkMessage.Peer, as id: ConnectionID, at now: MonotonicInstant) {
    engine.attach(peer, as: id, &turn)
    performOutputs(at: now)
  }

  /// ICMP has reported that a datagram to an endpoint found nobody. ``flush()`` is due.
  package func reportUnreachable(_ endpoint: Endpoint, quoting quoted: QuotedDatagram, at now: MonotonicInstant) {
    engine.tell(&turn) { $0.unreachable(endpoint, quoting: quoted.bytes, at: now) }
    performOutputs(at: now)
  }

  /// Time has passed: what the router wants to ask is asked. ``flush()`` is due.
  package func tick(at now: MonotonicInstant) {
    var isMore = true
    while isMore {
      engine.tell(&turn) { isMore = $0.tick(at: now) }
      performOutputs(at: now)
    }
  }

  /// Verifies what has waited for it. ``flush()`` is due.
  package func verify(_ job: VerificationJob, at now: MonotonicInstant) {
    switch job {
    case .proof(let proven):
      let node = proven.proof.challenge.node
      let key = authenticator.knownKey(of: node)
      let holds = key.map { authenticator.verifies(proven.proof, by: $0) } ?? false
      engine.tell(&turn) { $0.verified(job, holds: holds, at: now) }
      // Whoever changed the key in between has found nothing to revoke.
      if holds, authenticator.knownKey(of: node) != key { engine.revoke([node]) }
    case .grant(let request, _):
      let holds = authenticator.verifiesGrant(of: request)
      engine.tell(&turn) { $0.verified(job, holds: holds, at: now) }
    }
    performOutputs(at: now)
  }
}
