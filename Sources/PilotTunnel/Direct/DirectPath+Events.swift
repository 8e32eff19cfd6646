package import PilotTransport
package import PilotWire

/// What happens.
extension DirectPath {
  /// Between two calls or answers of the peer's that are heard, and two calls of this node's, at least.
  static let callInterval: Duration = .milliseconds(400)

  /// A packet of a user's was sent to the peer, whichever way. Once for a batch is enough.
  ///
  /// - Parameter now: When.
  package mutating func sent(at now: MonotonicInstant) {
    advance(to: now)
    lastSent = self.now
    if use == nil { isWanted = true }
  }

  /// A sealed frame of the peer's has opened that came directly. Once for a batch is enough.
  ///
  /// - Parameters:
  ///   - endpoint: From where.
  ///   - now: When.
  package mutating func opened(from endpoint: Endpoint, at now: MonotonicInstant) {
    guard use?.endpoint != endpoint else { return }
    advance(to: now)
    consider(endpoint, from: .heard)
    // If it has moved, the address in use is dead.
    use?.hurry(at: self.now, configuration)
  }

  /// A path probe of the peer's has opened.
  ///
  /// - Parameters:
  ///   - payload: What stands in it.
  ///   - route: Which way it came.
  ///   - now: When.
  package mutating func probed(_ payload: ProbePayload, by route: TunnelRoute, at now: MonotonicInstant) {
    advance(to: now)
    if case .direct(let endpoint) = route { opened(from: endpoint, at: now) }
    guard payload.kind != .probe, surroundings.hasDatagrams else { return }
    if let lastHeardCall, lastHeardCall.duration(to: self.now) < Self.callInterval {
      counters.callsIgnored += 1
      return
    }
    lastHeardCall = self.now
    // What the peer tells itself needs no beacon.
    attempt?.nextRequest = nil
    if payload.kind == .call { owesAnswer = true }
    attempt?.nextCall = nil
    candidates.keepNamed(payload.addresses)
    for address in payload.addresses where address != use?.endpoint { consider(address, from: .named) }
    use?.hurry(at: self.now, configuration)
  }

  /// What a path probe of this node's had in it has come back, with an ACK.
  ///
  /// - Parameters:
  ///   - payload: What came back.
  ///   - route: Which way it came.
  ///   - now: When.
  package mutating func echoed(_ payload: ProbePayload, by route: TunnelRoute, at now: MonotonicInstant) {
    // What comes back by the relay shows nothing about any other way.
    guard case .direct(let endpoint) = route else { return }
    advance(to: now)
    if use?.endpoint == endpoint {
      if use?.echoed(payload.token, at: self.now) == true {
        counters.echoes += 1
        return
      }
    } else {
      opened(from: endpoint, at: now)
    }
    guard let index = candidates.index(of: endpoint),
      let probe = candidates[index].ledger.take(payload.token, at: self.now)
    else {
      counters.strayEchoes += 1
      return
    }
    counters.echoes += 1
    candidates[index].answered()
    if use?.endpoint != endpoint { compare(endpoint, answeredAfter: probe.sentAt.duration(to: self.now)) }
  }

  /// The beacon commands to punch, and this peer is one for which it was asked of late (``DirectBudget/askedLately(at:)``).
  ///
  /// - Parameters:
  ///   - endpoint: Where to.
  ///   - now: When.
  package mutating func punchCommanded(to endpoint: Endpoint, at now: MonotonicInstant) {
    advance(to: now)
    guard surroundings.hasDatagrams, let lastRequest, lastRequest.duration(to: self.now) <= DirectBudget.patience
    else {
      counters.commandsIgnored += 1
      return
    }
    guard endpoint != use?.endpoint else { return }
    consider(endpoint, from: .commanded)
  }

  /// The network reports that nothing listens at an address, or this machine can't send there.
  ///
  /// The address in use is left at once. Of the others nothing is believed: some NATs report what they filter, which is no
  /// reason to end a punch.
  ///
  /// - Parameters:
  ///   - endpoint: Which address. A report must quote a frame of this session's: anybody can forge one.
  ///   - now: When.
  package mutating func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant) {
    advance(to: now)
    if use?.endpoint == endpoint { leave(.unreachable) }
  }

  /// What is known of the network is something else: another address of this node's, another beacon.
  ///
  /// - Parameters:
  ///   - surroundings: What is known.
  ///   - now: Since when.
  package mutating func surround(by surroundings: Surroundings, at now: MonotonicInstant) {
    advance(to: now)
    guard surroundings != self.surroundings else { return }
    let isElsewhere = surroundings.own != self.surroundings.own
    self.surroundings = surroundings
    guard surroundings.hasDatagrams else {
      attempt = nil
      owesAnswer = false
      candidates.removeAll()
      leave(.closed)
      return
    }
    // The peer knows where this node was.
    if isElsewhere { retry() }
  }

  /// This machine is on another network, or has slept.
  ///
  /// What has failed before says nothing about this one. A direct path stays in use, beside the relay, until it has answered
  /// or is left.
  ///
  /// - Parameter now: When.
  package mutating func networkChanged(at now: MonotonicInstant) {
    advance(to: now)
    guard surroundings.hasDatagrams else { return }
    use?.doubt(at: self.now)
    candidates.renew(at: self.now)
    retry()
  }

  mutating func advance(to time: MonotonicInstant) { now = max(now, time) }

  private mutating func consider(_ endpoint: Endpoint, from origin: CandidateOrigin) {
    guard surroundings.hasDatagrams, surroundings.allows(endpoint, from: origin) else {
      counters.addressesRefused += 1
      return
    }
    // While the address in use answers, there is no hurry with others.
    let rest = use == nil || isDoubted ? AddressCandidate.rest : configuration.idleInterval
    if !candidates.add(endpoint, origin, after: rest, at: now) { counters.addressesDropped += 1 }
  }

  /// Another try is due, and the ones from before don't count.
  private mutating func retry() {
    backoff.reset()
    heldUntil = nil
    nextAttempt = max(now, lastAttempt?.advanced(by: configuration.requestInterval) ?? now)
    guard use != nil || isOfInterest else { return }
    if attempt != nil {
      // The peer is told of the new addresses in the try that is under way.
      attempt?.nextCall = max(now, lastCall?.advanced(by: Self.callInterval) ?? now)
    } else {
      isWanted = true
    }
  }
}
