import PilotTransport

/// The probes to one address that haven't come back.
struct ProbeLedger: Sendable {
  struct Probe: Sendable {
    let token: UInt64
    let sentAt: MonotonicInstant
    var isMissed = false
  }

  /// More are not waited for: the oldest is forgotten.
  static let limit = 8
  /// What comes back later counts for nothing.
  static let lifetime: Duration = .seconds(5)

  private(set) var probes: [Probe] = []

  /// One is sent.
  mutating func sent(_ token: UInt64, at now: MonotonicInstant) {
    probes.removeAll { $0.sentAt.duration(to: now) > Self.lifetime }
    if probes.count == Self.limit { probes.removeFirst() }
    probes.append(Probe(token: token, sentAt: now))
  }

  /// One has come back. Nil if none with this token was sent, or not lately; each counts once.
  mutating func take(_ token: UInt64, at now: MonotonicInstant) -> Probe? {
    guard let index = probes.firstIndex(where: { $0.token == token }) else { return nil }
    let probe = probes.remove(at: index)
    return probe.sentAt.duration(to: now) <= Self.lifetime ? probe : nil
  }

  /// When the next one is missing, if it is waited for so long.
  func deadline(after wait: Duration) -> MonotonicInstant? {
    probes.first { !$0.isMissed }.map { $0.sentAt.advanced(by: wait) }
  }

  /// Those that are missing by now and weren't before: when they were sent.
  mutating func expire(after wait: Duration, at now: MonotonicInstant) -> [MonotonicInstant] {
    var missing: [MonotonicInstant] = []
    for index in probes.indices where !probes[index].isMissed && now >= probes[index].sentAt.advanced(by: wait) {
      probes[index].isMissed = true
      missing.append(probes[index].sentAt)
    }
    return missing
  }
}
