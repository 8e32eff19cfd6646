package import PilotTransport
import PilotWire

/// What time brings: all that is sent.
extension DirectPath {
  /// How long a probe waits that can't be sent, since enough were.
  private static let delay: Duration = .milliseconds(200)

  /// Time has passed.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - budget: What all of the node's peers have together.
  ///   - random: For tokens, which nobody may guess: a secure one.
  package mutating func tick(
    at now: MonotonicInstant, spending budget: inout DirectBudget, using random: inout some RandomNumberGenerator
  ) {
    advance(to: now)
    guard surroundings.hasDatagrams else { return }
    use?.expire(at: self.now, configuration)
    if use?.isSilent(at: self.now, configuration) == true { leave(.silent) }
    endAttempt()
    beginAttempt()
    call(using: &random)
    request(spending: &budget)
    probe(spending: &budget, using: &random)
    check(using: &random)
  }

  private mutating func endAttempt() {
    guard let attempt, now >= attempt.began.advanced(by: configuration.attempt) else { return }
    self.attempt = nil
    guard use == nil else { return }
    counters.failures += 1
    // Where the beacon could not be asked, since others of the node's peers were first, nothing has failed.
    postpone(isFailure: attempt.nextRequest == nil)
  }

  private mutating func beginAttempt() {
    guard attempt == nil, isWanted, now >= nextAttempt else { return }
    isWanted = false
    // What was sent long ago is no reason any more.
    guard use != nil || isOfInterest else { return }
    attempt = Attempt(began: now, nextCall: now, nextRequest: lastHeardCall == nil ? now : nil)
    lastAttempt = now
    counters.attempts += 1
    candidates.renew(after: AddressCandidate.rest, at: now)
  }

  /// Calls the peer, or answers its call, by the relay.
  private mutating func call(using random: inout some RandomNumberGenerator) {
    if owesAnswer {
      owesAnswer = false
      put(.probe(ProbePayload(.answer, token: random.next(), addresses: surroundings.own), by: .relay))
    }
    guard let current = attempt, let due = current.nextCall, now >= due else { return }
    put(.probe(ProbePayload(.call, token: random.next(), addresses: surroundings.own), by: .relay))
    lastCall = now
    let calls = current.calls + 1
    attempt?.calls = calls
    guard calls < configuration.calls.count else {
      attempt?.nextCall = nil
      return
    }
    let planned = current.began.advanced(by: configuration.calls[calls])
    attempt?.nextCall = planned > now ? planned : now.advanced(by: Self.callInterval)
  }

  private mutating func request(spending budget: inout DirectBudget) {
    guard let due = attempt?.nextRequest, now >= due else { return }
    guard surroundings.beacon != nil else {
      attempt?.nextRequest = nil
      return
    }
    let earliest = lastRequest?.advanced(by: configuration.requestInterval) ?? now
    guard now >= earliest, budget.admitsRequest(for: peer, at: now) else {
      attempt?.nextRequest = max(earliest, now.advanced(by: Self.delay))
      return
    }
    attempt?.nextRequest = nil
    lastRequest = now
    put(.requestPunch)
  }

  /// Probes the addresses where the peer may be.
  private mutating func probe(spending budget: inout DirectBudget, using random: inout some RandomNumberGenerator) {
    guard now >= heldUntil ?? now else { return }
    for index in candidates.indices {
      guard let due = candidates[index].nextProbe, now >= due else { continue }
      guard pace.admits(at: now.nanoseconds), budget.admitsProbe(at: now) else {
        counters.probesHeldBack += 1
        candidates[index].postpone(to: now.advanced(by: Self.delay))
        continue
      }
      let token: UInt64 = random.next()
      candidates[index].probed(token, at: now)
      counters.probesSent += 1
      put(.probe(ProbePayload(.probe, token: token), by: .direct(candidates[index].endpoint)))
    }
  }

  /// Probes the address in use.
  private mutating func check(using random: inout some RandomNumberGenerator) {
    guard let use, now >= use.nextProbe(lastSent, configuration) else { return }
    let token: UInt64 = random.next()
    self.use?.probed(token, spread: Double(random.next() >> 11) * 0x1p-53, at: now)
    counters.checksSent += 1
    put(.probe(ProbePayload(.probe, token: token), by: .direct(use.endpoint)))
  }
}
