import PilotTransport
import PilotWire

/// The address that a peer's frames go to directly, and whether it still answers.
///
/// Only an echo shows that it does: frames that come from there say nothing about the way there.
struct DirectUse: Sendable {
  let endpoint: Endpoint
  private(set) var roundTrip: RoundTripEstimate
  /// When the last probe was sent; at first, when this began.
  private(set) var lastProbe: MonotonicInstant
  /// Missing echoes since the last one that came.
  private(set) var misses = 0
  private var firstMiss: MonotonicInstant?
  private var ledger = ProbeLedger()
  /// Whether the next probe is due at once.
  private var isUrgent = false
  /// Shortens the time to the next probe while nobody sends, 0..<1.
  private var spread = 0.0

  /// Begins without what hasn't come back so far: probes from before the peer's NAT was open are no misses.
  init(_ endpoint: Endpoint, _ sample: Duration, at now: MonotonicInstant) {
    self.endpoint = endpoint
    roundTrip = RoundTripEstimate(sample)
    lastProbe = now
  }

  /// Whether an answer is missing.
  var isDoubted: Bool { misses > 0 }

  /// How long an echo is waited for.
  private func wait(_ times: DirectPath.Configuration) -> Duration {
    min(max(roundTrip.smoothed * 2, times.shortestWait), times.longestWait)
  }

  /// When the next probe is due.
  ///
  /// - Parameters:
  ///   - lastSent: When a user's packet was last sent to the peer.
  ///   - times: The times and limits.
  func nextProbe(_ lastSent: MonotonicInstant?, _ times: DirectPath.Configuration) -> MonotonicInstant {
    if isUrgent { return lastProbe }
    if isDoubted { return lastProbe.advanced(by: times.doubtedInterval) }
    let idle = lastProbe.advanced(by: times.idleInterval * (1 - 0.1 * spread))
    // One that is sent now shows the way for what was sent since the last.
    guard let lastSent, lastSent >= lastProbe else { return idle }
    return min(idle, lastProbe.advanced(by: times.interval))
  }

  /// When something is due.
  func deadline(_ lastSent: MonotonicInstant?, _ times: DirectPath.Configuration) -> MonotonicInstant {
    var due = nextProbe(lastSent, times)
    if let missing = ledger.deadline(after: wait(times)) { due = min(due, missing) }
    if let end = end(times) { due = min(due, end) }
    return due
  }

  /// When it is to be left; nil as long as too few echoes are missing.
  private func end(_ times: DirectPath.Configuration) -> MonotonicInstant? {
    guard misses >= times.misses, let firstMiss else { return nil }
    return firstMiss.advanced(by: times.span)
  }

  /// Whether it is to be left.
  func isSilent(at now: MonotonicInstant, _ times: DirectPath.Configuration) -> Bool {
    end(times).map { now >= $0 } ?? false
  }

  /// Time has passed.
  mutating func expire(at now: MonotonicInstant, _ times: DirectPath.Configuration) {
    for sentAt in ledger.expire(after: wait(times), at: now) {
      misses += 1
      firstMiss = min(firstMiss ?? sentAt, sentAt)
    }
  }

  /// A probe is sent.
  ///
  /// - Parameter spread: Uniform in 0..<1.
  mutating func probed(_ token: UInt64, spread: Double, at now: MonotonicInstant) {
    ledger.sent(token, at: now)
    lastProbe = now
    isUrgent = false
    self.spread = spread
  }

  /// A probe has come back from there: whether one with this token was sent.
  mutating func echoed(_ token: UInt64, at now: MonotonicInstant) -> Bool {
    guard let probe = ledger.take(token, at: now) else { return false }
    roundTrip.sample(probe.sentAt.duration(to: now))
    // One that was sent before the doubt began says nothing of what is doubted.
    if let firstMiss, probe.sentAt < firstMiss { return true }
    (misses, firstMiss) = (0, nil)
    return true
  }

  /// The way may be another one: only an echo of what is sent from now on counts.
  mutating func doubt(at now: MonotonicInstant) {
    ledger = ProbeLedger()
    isUrgent = true
    if !isDoubted { (misses, firstMiss) = (1, now) }
  }

  /// It is to be probed at once, unless it has just been.
  mutating func hurry(at now: MonotonicInstant, _ times: DirectPath.Configuration) {
    if lastProbe.duration(to: now) >= times.doubtedInterval { isUrgent = true }
  }
}

/// How long an echo takes: smoothed as RFC 6298 does it (section 2).
struct RoundTripEstimate: Sendable {
  private(set) var smoothed: Duration

  init(_ first: Duration) { smoothed = max(first, .zero) }

  mutating func sample(_ time: Duration) { smoothed = smoothed * 7 / 8 + max(time, .zero) / 8 }
}
