package import PilotTransport
internal import PilotWire

/// A node without a proof is said to be elsewhere: by a Discover, or by a Relay from another port of its address.
extension Router {
  /// What an unproven claim comes to.
  ///
  /// - Parameter known: Where the node is registered, unproven, and not at the claim's source.
  mutating func claim(
    _ node: NodeID, _ known: Registration, from source: Endpoint, _ local: LocalAddress,
    _ evidence: PendingClaims.Evidence, at now: UInt64
  ) -> DiscoverOutcome {
    let probe = EndpointProbe(
      node: node, endpoint: known.endpoint, local: known.local, claimant: source, askedAt: now)
    let named = questionAddress.address(for: known)
    let claim = PendingClaims.Claim(probe: probe, local: local, evidence: evidence, named: named)
    if evidence != .relay,
      formers.takesBack(node, to: source, holdDown: bounds.moveHoldDown, at: now)
    {
      return takeBack(claim, known, at: now)
    }
    guard !isHeldDown(known, at: now) else { return .refusedHoldDown }
    if named == nil {
      noteUnaskable(claim)
      if let cause = causeWithoutAsking(claim, known, at: now) {
        return move(claim, known, by: cause, at: now)
      }
    }
    switch claims.standing(of: node, at: known.endpoint, from: source, now: now) {
    case .underWay: return named == nil ? .refusedAlive : .refusedAsking
    case .heldDown: return .refusedAlive
    case .open: break
    }
    guard ask(claim) else {
      // Its address has had its share of questions: who has been silent for long enough moves without one.
      guard named != nil, evidence != .relay, now.since(known.heardAt) > bounds.silenceBeforeMove else {
        return .refusedAlive
      }
      return move(claim, known, by: .silence, at: now)
    }
    return named == nil ? .refusedAlive : .asked
  }

  /// Where no node can be asked, it goes to another port of its address at once, and elsewhere after a long silence.
  private func causeWithoutAsking(_ claim: PendingClaims.Claim, _ known: Registration, at now: UInt64) -> MoveCause? {
    if claim.evidence == .relay { return .portByRelay }
    if known.endpoint.hasAddress(of: claim.probe.claimant) { return .port }
    return now.since(known.heardAt) > bounds.silenceBeforeMove ? .silence : nil
  }

  private mutating func noteUnaskable(_ claim: PendingClaims.Claim) {
    guard !hasNotedUnaskable else { return }
    hasNotedUnaskable = true
    let probe = claim.probe
    incidents.note(RouterIncident(.unaskable, probe.node, from: probe.endpoint, to: probe.claimant))
  }

  /// Has the old endpoint asked, unless its address has had its share of questions.
  private mutating func ask(_ claim: PendingClaims.Claim) -> Bool {
    let probe = claim.probe
    guard limits.claimedAddresses.admits(sourceHash(addressOf: probe.endpoint), at: probe.askedAt) else {
      counters.questionsHeldBack &+= 1
      return false
    }
    claims.open(claim)
    sendQuestion(of: claim)
    counters.probes &+= 1
    put(.probe(probe))
    incidents.note(RouterIncident(.probed, probe.node, from: probe.endpoint, to: probe.claimant))
    return true
  }

  private mutating func sendQuestion(of claim: PendingClaims.Claim) {
    guard let named = claim.named else { return }
    counters.questions &+= 1
    put(.punch(.udp(claim.probe.endpoint, from: claim.probe.local), PunchCommand(endpoint: named)))
  }

  /// The endpoint that the node was taken from says that it is there: that move was a mistake, or its source is forged.
  /// So it is asked in its turn, on behalf of who had the node; should it stay silent, the node goes back to him.
  private mutating func takeBack(
    _ claim: PendingClaims.Claim, _ known: Registration, at now: UInt64
  ) -> DiscoverOutcome {
    let outcome = move(claim, known, by: .returned, at: now)
    guard outcome == .moved, let back = nodes.live(claim.probe.node, at: now),
      let named = questionAddress.address(for: back)
    else { return outcome }
    let probe = EndpointProbe(
      node: claim.probe.node, endpoint: back.endpoint, local: back.local, claimant: known.endpoint, askedAt: now)
    _ = ask(
      PendingClaims.Claim(
        probe: probe, local: known.local, evidence: .discover(wantsDestination: known.wantsDestination), named: named))
    return outcome
  }

  /// The claim is believed: the node is where it came from, unless that source holds as many nodes as it may.
  ///
  /// - Returns: `.moved`, or why not.
  private mutating func move(
    _ claim: PendingClaims.Claim, _ known: Registration, by cause: MoveCause, at now: UInt64
  ) -> DiscoverOutcome {
    let (node, old, new) = (claim.probe.node, known.endpoint, claim.probe.claimant)
    switch claim.evidence {
    case .discover(let wantsDestination):
      let flags: Registration.Flags = wantsDestination ? [.moved, .wantsDestination] : .moved
      if let refusal = bind(node, to: new, claim.local, flags: flags, at: now) { return refusal }
    case .relay:
      let moved = known.moved(to: new, local: claim.local, at: now)
      guard nodes.set(node, moved, at: now) == .added else { return refused(.refusedSourceFull, from: new) }
      greet(node, moved, at: now)
    }
    claims.forget(node, at: old)
    note(cause, of: node, from: old, to: new)
    if cause != .returned {
      formers.remember(node, at: old, until: now.addingClamped(bounds.formerEndpointLifetime), now: now)
    }
    return .moved
  }

  /// Something has shown that the old endpoint is dead: the claim comes true, and the claimant is told.
  mutating func comesTrue(
    _ claim: PendingClaims.Claim, _ known: Registration, by cause: MoveCause, at now: UInt64
  ) {
    guard move(claim, known, by: cause, at: now) == .moved else { return }
    put(.reply(.udp(claim.probe.claimant, from: claim.local)))
  }

  // MARK: Time

  /// Time has passed: the next questions are sent, and claims that none has answered come true. Afterwards there may be
  /// outputs.
  ///
  /// To be called some times a second. The work of a call is bounded.
  ///
  /// - Returns: Whether there is more to do at once: take the outputs, and call it again.
  package mutating func tick(at now: MonotonicInstant) -> Bool {
    let now = now.nanoseconds
    for _ in 0..<Self.claimsPerTick {
      guard let due = claims.next(at: now) else { return false }
      switch due {
      case .ask(let claim):
        if isSilent(claim, at: now) != nil { sendQuestion(of: claim) }
      case .decide(let claim):
        if let known = isSilent(claim, at: now) { comesTrue(claim, known, by: .unanswered, at: now) }
      }
    }
    return true
  }

  /// With two outputs for each claim, they don't fill the queue.
  private static let claimsPerTick = 16

  /// The registration that a claim is about, if nothing has come from there since; else the claim is over.
  private mutating func isSilent(_ claim: PendingClaims.Claim, at now: UInt64) -> Registration? {
    let probe = claim.probe
    guard let known = nodes.live(probe.node, at: now), known.endpoint == probe.endpoint, !known.isProven else {
      claims.forget(probe.node, at: probe.endpoint)
      return nil
    }
    guard known.heardAt <= probe.askedAt else {
      refuse(claim, at: now)
      return nil
    }
    return known
  }

  private mutating func refuse(_ claim: PendingClaims.Claim, at now: UInt64) {
    let probe = claim.probe
    claims.refuse(claim, at: now)
    counters.claimsRefused &+= 1
    incidents.note(RouterIncident(.claimRefused, probe.node, from: probe.endpoint, to: probe.claimant))
  }

  // MARK: Signs of life

  /// A tunnel frame. `PILP` from an endpoint that was asked is a sign of life: it refuses claims to the node there, and shows
  /// that somebody receives there. It isn't taken for anything else, since it names nobody.
  mutating func sign(_ frame: RawSpan, from origin: FrameOrigin, at now: UInt64) -> RouterAction {
    guard case .udp(let source, _) = origin, (try? Punch(parsing: frame)) != nil else { return drop(.tunnelFrame) }
    let echo = Self.patience &* bounds.probeInterval
    let asked = claims.asked(at: source, now: now, echo: echo)
    var isAnswer = asked.hasAnswered
    for claim in asked.claims where nodes.answered(claim.probe.node, at: source, now: now) {
      refuse(claim, at: now)
      isAnswer = true
    }
    while let node = greetings.take(at: source, now: now, timeout: echo) {
      if nodes.answered(node, at: source, now: now) { isAnswer = true }
    }
    guard isAnswer else { return drop(.tunnelFrame) }
    counters.signs &+= 1
    return .taken
  }

  /// How long an answer is waited for, in intervals between questions.
  private static let patience: UInt64 = 3

  /// A node has registered at an endpoint from which nothing has shown that it receives: it is asked for a sign. Deployed
  /// nodes give it, and it is all that they can show. Not on this machine, where nobody stands to be flooded.
  mutating func greet(_ node: NodeID, _ registration: Registration, at now: UInt64) {
    guard !registration.hasAnswered, AddressKind(of: registration.endpoint) != .loopback,
      let named = questionAddress.address(for: registration)
    else { return }
    guard limits.greetedAddresses.admits(sourceHash(addressOf: registration.endpoint), at: now) else {
      counters.questionsHeldBack &+= 1
      return
    }
    greetings.note(node, at: registration.endpoint, now: now)
    counters.greetings &+= 1
    put(.punch(.udp(registration.endpoint, from: registration.local), PunchCommand(endpoint: named)))
  }
}
