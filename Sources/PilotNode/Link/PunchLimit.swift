import PilotTransport

/// How many of its beacon's requests to punch a node answers: four at once, and then four a second. Addresses can be forged,
/// and each answer goes to whom the request names.
struct PunchLimit: Sendable {
  private static let perSecond = 4

  private var left = PunchLimit.perSecond
  private var since = MonotonicInstant.start

  /// A request has come. Whether it may be answered.
  mutating func admits(at now: MonotonicInstant) -> Bool {
    if since.duration(to: now) >= .seconds(1) { (left, since) = (Self.perSecond, now) }
    guard left > 0 else { return false }
    left -= 1
    return true
  }
}
