public import PilotTransport
public import PilotWire

/// What makes the router believe more than a Discover says: a signature, or a report that the old endpoint is gone.
extension Router {
  /// A proof: its age is checked here, its token and signature by the driver's authenticator.
  mutating func proof(_ frame: RawSpan, from origin: FrameOrigin, at now: MonotonicInstant) -> RouterAction {
    guard case .udp(let source) = origin else { return drop(.proofOverCompat) }
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
    return .verifyProof(from: source)
  }

  /// The authenticator has verified a proof: its node is bound to its source from now on, whoever was there before.
  ///
  /// A node that is also attached over WSS stays reachable there first.
  ///
  /// - Returns: the answer for the node to learn of it; nil if the proof is no news, because the node has proven since to be
  ///   elsewhere: a proof that was overheard can't take it back.
  public mutating func proven(
    _ proof: DiscoverProof, from source: Endpoint, at now: MonotonicInstant
  ) -> DiscoverAnswer? {
    let (node, stamp) = (proof.challenge.node, proof.challenge.stamp)
    if let known = nodes.live(node, at: now.nanoseconds), known.isProven, known.endpoint != source,
      stamp.issuedAt.nanoseconds <= known.since
    {
      counters.proofsSuperseded &+= 1
      return nil
    }
    let flags: Registration.Flags = stamp.wantsDestination ? [.proven, .wantsDestination] : .proven
    _ = bind(node, to: source, flags: flags, at: now.nanoseconds)
    counters.proofsAccepted &+= 1
    return DiscoverAnswer(to: .udp(source))
  }

  /// The authenticator has refused a proof.
  public mutating func proofFailed() {
    counters.proofsFailed &+= 1
  }

  /// ICMP has reported that nobody receives at `endpoint`.
  ///
  /// It counts only for a node that is claimed from elsewhere and whose old endpoint was probed just now, and only if the
  /// node hasn't been heard from there since: a report alone changes nothing, for reports can be forged.
  ///
  /// - Returns: the answer to a claim that has come true. Several nodes can share an endpoint: call again until nil, at most
  ///   256 times.
  public mutating func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant) -> DiscoverAnswer? {
    let now = now.nanoseconds
    while let claim = claims.take(from: endpoint, at: now, timeout: bounds.probeTimeout) {
      guard let known = nodes.live(claim.node, at: now), known.endpoint == endpoint, known.heardAt <= claim.askedAt,
        !known.isProven
      else { continue }
      let flags: Registration.Flags = claim.wantsDestination ? [.moved, .wantsDestination] : .moved
      _ = bind(claim.node, to: claim.claimant, flags: flags, at: now)
      counters.unreachableMoves &+= 1
      return DiscoverAnswer(to: .udp(claim.claimant))
    }
    return nil
  }
}
