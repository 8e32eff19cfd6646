public import PilotTransport
public import PilotWire

/// What makes the router believe more than a Discover says: a signature, or a report that the old endpoint is gone.
extension Router {
  /// A proof: its age is checked here, its token and its signature by the driver's authenticator, which asks
  /// ``admits(_:from:at:)`` in between.
  mutating func proof(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    guard case .udp(let source, let local) = origin else { return drop(.proofOverWSS) }
    let stamp: ChallengeStamp
    do throws(WireError) {
      stamp = try DiscoverProof(parsing: frame).challenge.stamp
    } catch {
      return drop(RouterDropReason(error))
    }
    guard stamp.issuedAt <= now, now.nanoseconds - stamp.issuedAt.nanoseconds <= bounds.proofLifetime else {
      return drop(.proofExpired)
    }
    counters.proofsSubmitted &+= 1
    return .verifyProof(from: source, local)
  }

  /// The beacon has made the challenge of a proof that came from `source`: whether its signature is to be verified.
  ///
  /// Each challenge is worth one verification, and there are so many a second for each source address, and in all.
  public mutating func admits(_ proof: DiscoverProof, from source: Endpoint, at now: MonotonicInstant) -> Bool {
    let token = proof.challenge.token
    guard !spentTokens.contains(token) else {
      counters.proofs.count(.repeated)
      return false
    }
    guard proofSources.admits(sourceHash(addressOf: source), at: now.nanoseconds),
      proofsInAll.admits(at: now.nanoseconds)
    else {
      counters.proofs.count(.limited)
      return false
    }
    spentTokens.insert(token)
    return true
  }

  /// The authenticator has verified a proof: its node is bound to its source from now on, whoever was there before.
  ///
  /// A node that is also attached over WSS stays reachable there first.
  ///
  /// - Returns: the answer for the node to learn of it; nil if the proof is no news, because the node has proven since to be
  ///   elsewhere: a proof that was overheard can't take it back.
  public mutating func proven(
    _ proof: DiscoverProof, from source: Endpoint, _ local: LocalAddress = .any, at now: MonotonicInstant
  ) -> DiscoverAnswer? {
    let (node, stamp) = (proof.challenge.node, proof.challenge.stamp)
    let known = nodes.live(node, at: now.nanoseconds)
    if let known, known.endpoint != source {
      guard !known.isProven || stamp.issuedAt.nanoseconds > known.since else {
        counters.proofs.count(.superseded)
        return nil
      }
      note(known.isProven ? .proof : .takeover, of: node, from: known.endpoint, to: source)
    }
    let flags: Registration.Flags = stamp.wantsDestination ? [.proven, .wantsDestination] : .proven
    _ = bind(node, to: source, local, flags: flags, at: now.nanoseconds)
    counters.proofs.count(.accepted)
    return DiscoverAnswer(to: .udp(source, local))
  }

  /// The driver has refused a proof: `.forged`, `.failed`, or `.limited` if there was no room for it.
  public mutating func proofRefused(_ outcome: ProofOutcome) {
    counters.proofs.count(outcome)
  }

  /// ICMP has reported that nobody receives at an endpoint, and quotes a probe for this node: the probe that is under way, if
  /// there is one, for the driver to hold the quoted nonce against ``DiscoverAuthenticator/nonce(for:)``.
  public func pendingProbe(_ node: NodeID, at now: MonotonicInstant) -> EndpointProbe? {
    claims.claim(of: node, at: now.nanoseconds, timeout: bounds.probeTimeout)?.probe
  }

  /// A report of ICMP quoted something else than a probe's own nonce: it changes nothing.
  public mutating func unfoundedReport() {
    counters.unfoundedReports &+= 1
  }

  /// ICMP has reported that nobody receives a probe, and quoted its nonce.
  ///
  /// It counts only if the node hasn't been heard from there since the probe was sent.
  ///
  /// - Returns: the answer to a claim that has come true.
  public mutating func unreachable(_ probe: EndpointProbe, at now: MonotonicInstant) -> DiscoverAnswer? {
    let now = now.nanoseconds
    guard let claim = claims.take(probe), now.since(probe.askedAt) <= bounds.probeTimeout,
      let known = nodes.live(probe.node, at: now), known.endpoint == probe.endpoint,
      known.heardAt <= probe.askedAt, !known.isProven
    else { return nil }
    let flags: Registration.Flags = claim.wantsDestination ? [.moved, .wantsDestination] : .moved
    _ = bind(probe.node, to: probe.claimant, claim.local, flags: flags, at: now)
    note(.unreachable, of: probe.node, from: probe.endpoint, to: probe.claimant)
    return DiscoverAnswer(to: .udp(probe.claimant, claim.local))
  }
}
