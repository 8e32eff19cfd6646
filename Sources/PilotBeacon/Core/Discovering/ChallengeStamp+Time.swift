package import PilotTransport
package import PilotWire

/// What this beacon puts into its stamps: its own monotonic clock, in nanoseconds, so that no wall clock that is set back
/// makes an old challenge valid again. The lowest bit tells DiscoverEx from Discover, so that the beacon has nothing to
/// remember in between.
extension ChallengeStamp {
  /// The stamp of a challenge made at `now`, which is rounded down to an even nanosecond.
  init(at now: MonotonicInstant, wantsDestination: Bool) {
    self.init(rawValue: now.nanoseconds & ~1 | (wantsDestination ? 1 : 0))
  }

  /// When the challenge was made.
  package var issuedAt: MonotonicInstant { MonotonicInstant(nanoseconds: rawValue & ~1) }

  /// Whether it was DiscoverEx that drew the challenge.
  package var wantsDestination: Bool { rawValue & 1 != 0 }
}
