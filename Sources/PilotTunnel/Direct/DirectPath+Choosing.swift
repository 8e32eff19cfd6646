import PilotTransport
import PilotWire

/// Which address is in use, or none.
extension DirectPath {
  /// So many echoes must be missing for another address to take the place of the one in use: where one in ten frames is lost,
  /// one is missing all the time.
  private static let doubts = 2

  /// A probe has come back from an address that isn't in use.
  mutating func compare(_ endpoint: Endpoint, answeredAfter time: Duration) {
    guard now >= heldUntil ?? now else { return }
    guard let use else {
      directSince = now
      return take(endpoint, time, .answered)
    }
    if use.misses >= Self.doubts { return take(endpoint, time, .moved) }
    guard let directSince, directSince.duration(to: now) <= configuration.settling,
      time < use.roundTrip.smoothed * 2 / 3
    else { return }
    take(endpoint, time, .nearer)
  }

  private mutating func take(_ endpoint: Endpoint, _ time: Duration, _ reason: DirectSwitch.Reason) {
    let before = route
    use = DirectUse(endpoint, time, at: now)
    isWanted = false
    put(.switched(DirectSwitch(from: before, to: route, reason: reason)))
  }

  /// The address in use is left for the relay.
  ///
  /// A way that has held makes up for what failed before. One that hasn't is a try that has failed: so a way that comes and
  /// goes is taken ever more rarely, even if the peer goes on sending over it.
  mutating func leave(_ reason: DirectSwitch.Reason) {
    guard use != nil else { return }
    let before = route
    if let directSince, directSince.duration(to: now) >= configuration.trial { backoff.reset() }
    use = nil
    directSince = nil
    attempt = nil
    isWanted = isOfInterest
    postpone(isFailure: true)
    heldUntil = nextAttempt
    put(.switched(DirectSwitch(from: before, to: .relay, reason: reason)))
  }

  /// The next try comes later.
  ///
  /// Without jitter: both sides have lost the way at the same time, and it helps when they try at the same time.
  mutating func postpone(isFailure: Bool) {
    nextAttempt = now.advanced(by: isFailure ? backoff.next(random: 1) : configuration.backoff.initial)
  }
}
