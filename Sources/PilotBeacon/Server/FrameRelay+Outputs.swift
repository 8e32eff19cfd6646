import PilotTransport
import PilotWSS
import PilotWire

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
}
