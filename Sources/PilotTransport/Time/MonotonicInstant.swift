/// A point in time on a clock that only goes forward, in nanoseconds since some fixed start.
///
/// State machines get it passed in. Who drives them converts once, at the edge, from whatever clock is at hand.
public struct MonotonicInstant: InstantProtocol, Sendable {
  /// Nanoseconds since the clock's start.
  public let nanoseconds: UInt64

  /// Names a point in time.
  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// The clock's start.
  public static let start = MonotonicInstant(nanoseconds: 0)

  /// Whether `left` comes first.
  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant that is `duration` later, clamped to what the type can hold.
  public func advanced(by duration: Duration) -> Self {
    let delta = duration.clampedNanoseconds
    if delta >= 0 {
      let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(delta))
      return Self(nanoseconds: overflow ? .max : sum)
    }
    let back = delta.magnitude
    return Self(nanoseconds: nanoseconds > back ? nanoseconds - back : 0)
  }

  /// The time from here to `other`, negative when `other` lies before.
  public func duration(to other: Self) -> Duration {
    other >= self
      ? .nanoseconds(Int64(clamping: other.nanoseconds - nanoseconds))
      : .nanoseconds(-Int64(clamping: nanoseconds - other.nanoseconds))
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to what an Int64 holds (292 years).
  package var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    if carried { return seconds < 0 ? .min : .max }
    return sum
  }

  /// Whole milliseconds, rounded towards zero.
  package var milliseconds: Int64 { clampedNanoseconds / 1_000_000 }
}
