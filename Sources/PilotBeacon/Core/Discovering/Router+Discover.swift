package import PilotTransport
package import PilotWire

extension Router {
  /// A Discover or DiscoverEx: always answered, and believed as far as its origin goes.
  mutating func discover(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    // Before all else: answers are what a flood of them costs.
    if case .udp(let source, _) = origin,
      !limits.discoverSources.admits(sourceHash(addressOf: source), at: now.nanoseconds)
    {
      return drop(.rateLimited, of: SourceKey(source))
    }
    let claim: Discover
    do throws(WireError) {
      claim = try Discover(parsing: frame)
    } catch {
      return drop(RouterDropReason(error))
    }
    guard let claimed = claim.node else {
      counters.discovers.count(.addressOnly)
      put(.reply(origin.hop))
      return .taken
    }
    switch origin {
    case .wss(_, let node):
      guard claimed == node else { return drop(.nodeMismatch) }
      wss.setWantsDestination(claim.wantsDestination, for: node)
      counters.discovers.count(.wss)
      put(.reply(origin.hop))
    case .udp(let source, let local):
      answer(claim, of: claimed, from: source, local, at: now)
    }
    return .taken
  }

  private mutating func answer(
    _ claim: Discover, of node: NodeID, from source: Endpoint, _ local: LocalAddress, at instant: MonotonicInstant
  ) {
    let now = instant.nanoseconds
    let known = nodes.live(node, at: now)
    put(.reply(.udp(source, from: local)))
    let outcome = outcome(of: claim, of: node, from: source, local, known: known, at: now)
    counters.discovers.count(outcome)
    if outcome.isByName { incidents.note(RouterIncident(.refused(outcome), node, from: source, to: nil)) }
    guard outcome != .refusedBroadcast else { return }
    if outcome == .refusedUnlisted, claim.publicKey == nil, bounds.authentication != .require,
      admitsFetch(for: source, at: instant)
    {
      // At the next Discover it may be listed.
      put(.fetchKey(node))
    }
    if let key = claim.publicKey, invites(claim, from: source, known: known, at: now) {
      let stamp = ChallengeStamp(at: instant, wantsDestination: claim.wantsDestination)
      put(.findKey(DiscoverOffer(node: node, key: key, stamp: stamp, endpoint: source, local: local)))
    }
  }

  /// Whether a proof would change anything: whether the node would be believed more afterwards, or longer, or otherwise.
  private func invites(
    _ claim: Discover, from source: Endpoint, known: Registration?, at now: UInt64
  ) -> Bool {
    guard let known, known.isProven, known.endpoint == source, known.wantsDestination == claim.wantsDestination
    else { return true }
    return known.expiresAt.since(now) <= bounds.nodeLifetime / 2
  }

  /// A node's key has been looked for: the one that was offered draws a challenge, and one that isn't at hand is fetched.
  ///
  /// - Parameter key: The known key; nil if none is at hand.
  package mutating func foundKey(_ key: PublicKey?, for offer: DiscoverOffer, at now: MonotonicInstant) {
    guard let key else {
      // At the next Discover it may be at hand.
      if admitsFetch(for: offer.endpoint, at: now) { put(.fetchKey(offer.node)) }
      return
    }
    guard key == offer.key, admitsChallenge(of: offer.node, to: offer.endpoint, at: now) else { return }
    put(.challenge(offer))
  }

  /// Whether a challenge for this node may go to this endpoint: once a second, and so many to its source in all. Asked when the
  /// key that was offered is the known one: whoever forges the source, and offers another key, must not use up what is the
  /// node's own.
  mutating func admitsChallenge(of node: NodeID, to endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    guard limits.challenges.admits(sourceHash(node, at: endpoint), at: now.nanoseconds),
      limits.challengedSources.admits(sourceHash(addressOf: endpoint), at: now.nanoseconds)
    else {
      counters.challengesHeldBack &+= 1
      return false
    }
    return true
  }

  /// Whether the key of a node that a Discover from this endpoint names may be fetched: a few a second for each address.
  /// Whoever invents nodes must not take all of the directory's lookups.
  mutating func admitsFetch(for endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    guard limits.fetches.admits(sourceHash(addressOf: endpoint), at: now.nanoseconds) else {
      counters.fetchesHeldBack &+= 1
      return false
    }
    return true
  }

  private mutating func outcome(
    of claim: Discover, of node: NodeID, from source: Endpoint, _ local: LocalAddress, known: Registration?,
    at now: UInt64
  ) -> DiscoverOutcome {
    if let known, known.endpoint == source {
      // What a proof has said, only a proof changes: a datagram's source can be forged.
      guard !known.isProven else { return .refreshed }
      if let refusal = refusal(of: node) { return refusal }
      var refreshed = known
      refreshed.refresh(
        local: local, wantsDestination: claim.wantsDestination, now: now, lifetime: bounds.nodeLifetime)
      refreshed.setListed(listing.isListed(node))
      refreshed.earn(UInt32(clamping: claim.encodedLength) &* bounds.creditPerByteHeard)
      _ = nodes.set(node, refreshed, at: now)
      greet(node, refreshed, at: now)
      return .refreshed
    }
    // An authenticated connection isn't outdone by a datagram that anybody can send.
    guard wss.peer(node) == nil else { return .refusedAttached }
    guard known?.isProven != true else { return .refusedProven }
    if let refusal = refusal(of: node) { return refusal }
    guard let known else {
      return bind(node, to: source, local, flags: claim.flags, at: now) ?? .registered
    }
    let evidence = PendingClaims.Evidence.discover(wantsDestination: claim.wantsDestination)
    return self.claim(node, known, from: source, local, evidence, at: now)
  }

  /// Whether a Discover without a proof is refused because of who it names, whatever else is known.
  private func refusal(of node: NodeID) -> DiscoverOutcome? {
    if node.rawValue == PilotAddress.broadcastNode { return .refusedBroadcast }
    switch bounds.authentication {
    case .off: break
    case .prefer: if provenNodes.contains(node) { return .refusedUnproven }
    case .require: return listing.isListed(node) ? .refusedUnproven : .refusedUnlisted
    }
    return bounds.servesListedNodesOnly && !listing.isListed(node) ? .refusedUnlisted : nil
  }

  /// Whether the node has moved without a proof so lately that it stays where it is.
  func isHeldDown(_ registration: Registration, at now: UInt64) -> Bool {
    registration.flags.contains(.moved) && now.since(registration.since) < bounds.moveHoldDown
  }

  /// Registers the node at this endpoint from now on.
  ///
  /// - Returns: Why not, if it doesn't get in.
  mutating func bind(
    _ node: NodeID, to endpoint: Endpoint, _ local: LocalAddress, flags: Registration.Flags, at now: UInt64
  ) -> DiscoverOutcome? {
    var registration = Registration(at: endpoint, local: local, flags: flags, now: now, lifetime: bounds.nodeLifetime)
    registration.setListed(listing.isListed(node))
    switch nodes.set(node, registration, at: now) {
    case .added: break
    case .addedByEviction: counters.evictions &+= 1
    case .refused: return refused(.refusedFull, from: endpoint)
    case .sourceFull: return refused(.refusedSourceFull, from: endpoint)
    }
    greet(node, registration, at: now)
    return nil
  }

  /// Notes that a source has had its share.
  mutating func refused(_ refusal: DiscoverOutcome, from endpoint: Endpoint) -> DiscoverOutcome {
    topSources.count(SourceKey(endpoint))
    return refusal
  }
}

extension Discover {
  var flags: Registration.Flags { wantsDestination ? .wantsDestination : [] }
}
