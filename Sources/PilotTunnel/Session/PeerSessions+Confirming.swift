internal import PilotTransport
internal import PilotWire

extension PeerSessions {
  /// Opens a frame under whichever session it is of. Nothing has changed unless it opens.
  ///
  /// - Returns: nil if it has opened. There is a confirmed session then.
  mutating func open(
    _ frame: RawSpan, _ nonce: TunnelNonce, by route: TunnelRoute, at now: MonotonicInstant,
    into plaintext: inout MutableRawSpan, _ side: inout OwnSide
  ) -> TunnelDrop? {
    let drop = tryEach(frame, nonce, by: route, at: now, into: &plaintext, &side)
    guard drop == nil else { return drop }
    counters.opened += 1
    side.counters.opened += 1
    if nonce.prefix == current?.sealer.prefix, let sealer = current?.takeAnotherPrefix() {
      count(sealer, &side)
      announce(&side)
    }
    return nil
  }

  /// A prefix that is known says which session it is; else the one in use comes first, then the newest candidate.
  private mutating func tryEach(
    _ frame: RawSpan, _ nonce: TunnelNonce, by route: TunnelRoute, at now: MonotonicInstant,
    into plaintext: inout MutableRawSpan, _ side: inout OwnSide
  ) -> TunnelDrop? {
    if let outcome = current?.openIfKnown(frame, nonce, at: now, into: &plaintext) { return outcome }
    if stragglers.first?.knows(nonce.prefix) == true {
      return stragglers[0].open(frame, nonce, at: now, into: &plaintext)
    }
    var drop = TunnelDrop.noSession
    if current != nil {
      guard let failure = current?.open(frame, nonce, at: now, into: &plaintext) else { return nil }
      drop = failure
    }
    for index in candidates.indices.reversed() {
      guard let failure = candidates[index].session.open(frame, nonce, at: now, into: &plaintext) else {
        confirm(index, by: route, at: now, &side)
        return nil
      }
      drop = failure
    }
    for index in stragglers.indices {
      guard let failure = stragglers[index].open(frame, nonce, at: now, into: &plaintext) else { return nil }
      drop = failure
    }
    return drop
  }

  /// A frame has opened under a candidate: it takes the place of the session that there was, which opens stragglers for some
  /// time. Older candidates are either replays or were overtaken.
  private mutating func confirm(
    _ index: Int, by route: TunnelRoute, at now: MonotonicInstant, _ side: inout OwnSide
  ) {
    let session = candidates[index].session
    for older in candidates[..<index] { count(older.session.sealer, &side) }
    candidates.removeFirst(index + 1)
    counters.confirmed += 1
    side.counters.confirmed += 1

    var isRenewalDue = false
    if let before = current {
      dropStragglers(&side)
      stragglers = [before]
      stragglersUntil = now.advanced(by: side.configuration.stragglerTime)
      if before.own == own.pair.publicKey {
        retired.append(before.peer)
        isRenewalDue = retired.count > Self.retiredLimit
      }
    } else {
      side.confirmedPeers += 1
    }
    current = session
    activity.confirmed(at: now)
    if session.own == own.pair.publicKey { exchange.settle() }
    rekeyDueSince = nil

    for entry in side.pending.sealing(to: node, under: session.name) {
      send(entry.header, entry.payload.span.raw, under: session.sealer, by: .route(route), &side)
    }
    side.pending.remove(node)
    announce(&side)
    if isRenewalDue { _ = renewKey(at: now, &side) }
  }

  /// From now on packets are sealed by the current sealer.
  private func announce(_ side: inout OwnSide) {
    guard let current else { return }
    side.put(.ready(node, current.sealer))
  }

  /// The session before is gone, and its keys with it.
  mutating func dropStragglers(_ side: inout OwnSide) {
    for session in stragglers { count(session.sealer, &side) }
    stragglers.removeAll()
  }

  /// Without a confirmed session, what waits goes under the newest candidate at once, so that a session takes one round trip. It
  /// waits on, for the case that another one is confirmed.
  ///
  /// By the relay, whichever way the candidate has come: its key exchange may be a recorded one from an address that is anybody's, and
  /// that would get thousands of bytes for a hundred.
  mutating func flushPending(_ side: inout OwnSide) {
    guard current == nil, let candidate = candidates.last else { return }
    for entry in side.pending.flushing(to: node, under: candidate.session.name) {
      send(entry.header, entry.payload.span.raw, under: candidate.session.sealer, by: .route(.relay), &side)
    }
  }

  /// A packet of the peer's is handed on.
  mutating func receivedPacket(_ length: Int, at now: MonotonicInstant, _ side: inout OwnSide) {
    activity.received(at: now)
    counters.received += 1
    counters.receivedBytes += UInt64(length)
    side.counters.received += 1
    side.counters.receivedBytes += UInt64(length)
  }

  /// Seals and sends a packet.
  mutating func send(
    _ header: PacketHeader, _ payload: RawSpan, under sealer: Sealer, by choice: RouteChoice, _ side: inout OwnSide
  ) {
    do throws(SealingError) {
      side.put(.send(try sealer.sealed(header, payload), to: node, by: choice))
    } catch {
      count(.notSealed, &side)
    }
  }

  /// How often a frame has confirmed a session. Mutating, so that the table lends its place, and doesn't copy what is in it for
  /// each frame.
  mutating func confirmations() -> UInt64 { counters.confirmed }

  /// What deployed nodes put into a path probe.
  static let probePayload = Array("pathprobe.v1".utf8)

  /// Asks for a frame: a path probe (wire reference, section 4), which each peer answers.
  mutating func probe(_ sealer: Sealer, by choice: RouteChoice, _ side: inout OwnSide) {
    let payload = Self.probePayload
    activity.machineSeals(by: sealer)
    send(side.controlHeader(to: node), payload.span.raw, under: sealer, by: choice, &side)
  }

  /// Answers a path probe: with ACK, the ends exchanged, and its payload.
  mutating func echo(_ header: PacketHeader, _ payload: RawSpan, by route: TunnelRoute, _ side: inout OwnSide) {
    guard let sealer = current?.sealer else { return }
    activity.machineSeals(by: sealer)
    let answer = PacketHeader(
      flags: .ack, protocol: .control, source: header.destination, destination: header.source)
    send(answer, payload, under: sealer, by: .route(route), &side)
  }

  /// Sends the probes that are due.
  mutating func probeCandidates(at now: MonotonicInstant, _ side: inout OwnSide) {
    for index in candidates.indices where candidates[index].nextProbe <= now {
      let number = candidates[index].probes
      if number < Self.probePauses.count {
        probe(candidates[index].session.sealer, by: candidates[index].route, &side)
      }
      candidates[index].probes = number + 1
      let ends = candidates[index].session.since.advanced(by: side.configuration.candidateLife)
      candidates[index].nextProbe =
        number + 1 < Self.probePauses.count ? now.advanced(by: Self.probePauses[number + 1]) : ends
    }
  }
}
