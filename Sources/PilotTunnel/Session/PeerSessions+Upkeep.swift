internal import PilotTransport
internal import PilotWire

extension PeerSessions {
  /// What the sweep has found.
  enum Upkeep: Sendable, Equatable {
    case kept
    /// Nothing has come or gone for long.
    case idle
    /// It has come to nothing.
    case unconfirmed
  }

  /// Time has passed, for what is under way.
  mutating func tick(at now: MonotonicInstant, _ side: inout OwnSide) {
    if exchange.tick(side.configuration, at: now) {
      offer(by: .everywhere, at: now, &side)
      if let newest = candidates.last { probe(newest.session.sealer, by: newest.route, &side) }
    }
    probeCandidates(at: now, &side)
    expireCandidates(at: now, &side)
    if !stragglers.isEmpty, stragglersUntil <= now { dropStragglers(&side) }
  }

  private mutating func expireCandidates(at now: MonotonicInstant, _ side: inout OwnSide) {
    let life = side.configuration.candidateLife
    while let oldest = candidates.first, oldest.session.since.duration(to: now) >= life {
      candidates.removeFirst()
      count(oldest.session.sealer, &side)
      let hash = oldest.session.peer.hashValue
      failed.removeAll { $0 == hash }
      failed.append(hash)
      if failed.count > Self.failedLimit { failed.removeFirst() }
    }
  }

  /// Time has passed, for what goes on.
  mutating func sweep(at now: MonotonicInstant, _ side: inout OwnSide) -> Upkeep {
    let configuration = side.configuration
    guard let session = current else {
      let hasFailed = candidates.isEmpty && isDispensable(side)
      return hasFailed && since.duration(to: now) >= configuration.candidateLife ? .unconfirmed : .kept
    }
    activity.look(at: session.sealer, now)
    if activity.usedAt.duration(to: now) >= configuration.idleLife { return .idle }
    // The next look may be one interval too late. Shortly before the end there is no sign of life any more: it would have the
    // peer that has ended already make another session.
    let isEnding = activity.usedAt.duration(to: now) >= configuration.idleLife - configuration.keepalive
    if !isEnding, activity.sealedAt.duration(to: now) >= configuration.keepalive - configuration.sweepInterval {
      activity.machineSeals(by: session.sealer)
      let nothing: [UInt8] = []
      send(side.controlHeader(to: node), nothing.span.raw, under: session.sealer, by: .active, &side)
      activity.look(at: session.sealer, now)
    }
    rekey(session, at: now, &side)
    return .kept
  }

  /// Takes another key when this one is old, or has sealed much: the node with the lower ID first, so that rarely both do.
  private mutating func rekey(_ session: Session, at now: MonotonicInstant, _ side: inout OwnSide) {
    let configuration = side.configuration
    let patience = configuration.rekeyPatience
    guard session.own == own.pair.publicKey else {
      // Another one is offered already.
      if exchange.due == nil, renewedAt.duration(to: now) >= patience { offerRenewedKey(at: now, &side) }
      return
    }
    guard
      session.since.duration(to: now) >= configuration.keyLife || session.sealer.sealed >= configuration.keyFrames
        || session.needsAnotherKey
    else { return }
    let dueSince = rekeyDueSince ?? now
    rekeyDueSince = dueSince
    guard side.id < node || dueSince.duration(to: now) >= patience, renewedAt.duration(to: now) >= patience else {
      return
    }
    _ = renewKey(at: now, &side)
  }
}
