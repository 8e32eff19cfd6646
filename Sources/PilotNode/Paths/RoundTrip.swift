import PilotTransport

/// How long an answer takes on a path, smoothed as RFC 6298 does it (section 2).
struct RoundTrip: Sendable, Hashable {
  /// Nil before the first sample.
  private(set) var smoothed: Duration?

  /// An answer has taken so long.
  mutating func sample(_ time: Duration) {
    let time = max(time, .zero)
    smoothed = smoothed.map { $0 * 7 / 8 + time / 8 } ?? time
  }
}
