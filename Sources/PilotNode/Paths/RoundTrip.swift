import PilotTransport

/// How long an answer takes on a path: smoothed as RFC 6298 does it (section 2), and the least.
struct RoundTrip: Sendable, Hashable {
  /// Nil before the first sample.
  private(set) var smoothed: Duration?
  /// The shortest since the last ``restart()``; nil before the first sample.
  private(set) var least: Duration?

  /// An answer has taken so long.
  mutating func sample(_ time: Duration) {
    let time = max(time, .zero)
    smoothed = smoothed.map { $0 * 7 / 8 + time / 8 } ?? time
    least = min(least ?? time, time)
  }

  /// The way may be another one. What was measured is the best guess until there is something new.
  mutating func restart() { least = smoothed }
}
