package import PilotTransport
package import PilotWire

/// What makes the router believe more than a Discover says: a signature, or a report that the old endpoint is gone.
extension Router {
  /// A proof: its age is checked here, its token and then its signature by the authenticator.
  mutating func proof(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    guard case .udp(let source, let local) = origin else { return drop(.proofOverWSS) }
    let proof: DiscoverProof
    do throws(WireError) {
      proof = try DiscoverProof(parsing: frame)
    } catch {
      return drop(RouterDropReason(error))
    }
    let stamp = proof.challenge.stamp
    guard stamp.issuedAt <= now, now.nanoseconds - stamp.issuedAt.nanoseconds <= bounds.proofLifetime else {
      return drop(.proofExpired)
    }
    counters.proofsSubmitted &+= 1
    put(.checkToken(ProofJob(proof, from: source, local)))
    return .taken
  }

  /// The token of a proof has been checked: only who receives at the proof's source has one of this beacon's for it. And the
  /// name in it: a node that has dialled another beacon proves nothing here.
  package mutating func checkedToken(of job: ProofJob, _ check: ProofCheck, at now: MonotonicInstant) {
    switch check {
    case .forged:
      counters.proofs.count(.forged)
    case .wrongBeacon:
      counters.proofs.count(.wrongBeacon)
      incidents.note(
        RouterIncident(.misdirected(job.proof.beacon), job.proof.challenge.node, from: job.source, to: nil))
    case .passed:
      if admits(job.proof, from: job.source, at: now) { put(.verify(.proof(job))) }
    }
  }

  /// A signature has been verified.
  ///
  /// - Parameter holds: Whether it is of the known key, and, of a grant, its time not over.
  package mutating func verified(_ job: VerificationJob, holds: Bool, at now: MonotonicInstant) {
    switch job {
    case .proof(let job):
      guard holds else { return counters.proofs.count(.failed) }
      proven(job, at: now)
    case .grant(let request, let origin):
      guard holds else { return counters.grants.count(.refused) }
      granted(request, from: origin, at: now)
    }
  }

  /// There was no room for a verification.
  package mutating func leftOut(_ job: VerificationJob) {
    switch job {
    case .proof: counters.proofs.count(.limited)
    case .grant: counters.grants.count(.limited)
    }
  }

  /// The beacon has made the challenge of a proof that came from `source`: whether its signature is to be verified.
  ///
  /// Each challenge is worth one verification, and there are so many a second for each source address, and in all.
  mutating func admits(_ proof: DiscoverProof, from source: Endpoint, at now: MonotonicInstant) -> Bool {
    let token = proof.challenge.token
    guard !spentTokens.contains(token) else {
      counters.proofs.count(.repeated)
      return false
    }
    guard limits.proofSources.admits(sourceHash(addressOf: source), at: now.nanoseconds),
      limits.proofsInAll.admits(at: now.nanoseconds)
    else {
      counters.proofs.count(.limited)
      return false
    }
    spentTokens.insert(token)
    return true
  }

  /// The authenticator has verified a proof: its node is bound to its source from now on, whoever was there before.
  ///
  /// A node that is also attached over WSS has two ways from now on, and gets everything over WSS as long as that lasts.
  /// It is no news if the node has proven since to be elsewhere: a proof that was overheard can't take it back.
  private mutating func proven(_ job: ProofJob, at now: MonotonicInstant) {
    let (source, local) = (job.source, job.local)
    let (node, stamp) = (job.proof.challenge.node, job.proof.challenge.stamp)
    let known = nodes.live(node, at: now.nanoseconds)
    if let known, known.endpoint != source {
      guard !known.isProven || stamp.issuedAt.nanoseconds > known.since else {
        return counters.proofs.count(.superseded)
      }
      note(known.isProven ? .proof : .takeover, of: node, from: known.endpoint, to: source)
    }
    if let known { claims.forget(node, at: known.endpoint) }
    formers.forget(node)
    if provenNodes.insert(node) { counters.provenForgotten &+= 1 }
    let flags: Registration.Flags =
      stamp.wantsDestination ? [.proven, .answered, .wantsDestination] : [.proven, .answered]
    _ = bind(node, to: source, local, flags: flags, at: now.nanoseconds)
    counters.proofs.count(.accepted)
    put(.reply(.udp(source, from: local)))
  }

  /// ICMP has reported that nobody receives at an endpoint.
  ///
  /// - Parameter quoted: What the report quotes of the datagram's payload. It counts if that is a probe that is under way,
  ///   with its nonce.
  package mutating func unreachable(_ endpoint: Endpoint, quoting quoted: RawSpan, at now: MonotonicInstant) {
    guard let quote = EndpointProbe.Quote(quoted, to: endpoint),
      let probe = claims.claim(
        to: quote.node, at: endpoint, now: now.nanoseconds, timeout: bounds.probeTimeout)?.probe
    else { return }
    put(.checkNonce(probe, quote.nonce))
  }

  /// The nonce that a report has quoted has been checked. With the probe's own nonce, the claim that was made comes true if
  /// the node hasn't been heard from its old endpoint since the probe was sent.
  package mutating func checkedNonce(of probe: EndpointProbe, isOwn: Bool, at now: MonotonicInstant) {
    guard isOwn else { return counters.unfoundedReports &+= 1 }
    let now = now.nanoseconds
    guard let claim = claims.claim(to: probe.node, at: probe.endpoint, now: now, timeout: bounds.probeTimeout),
      claim.probe == probe, let known = nodes.live(probe.node, at: now), known.endpoint == probe.endpoint,
      known.heardAt <= probe.askedAt, !known.isProven
    else { return }
    comesTrue(claim, known, by: .unreachable, at: now)
  }
}
