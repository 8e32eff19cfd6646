internal import Histogram

/// Times, counted so that percentiles of millions of them are exact to three digits.
struct LatencyHistogram: Sendable {
  private var nanoseconds = Histogram<UInt64>(numberOfSignificantValueDigits: .three)

  /// How many times were recorded, those that ``record(_:every:)`` added included.
  var count: Int { Int(clamping: nanoseconds.totalCount) }

  /// Adds a time, in nanoseconds.
  mutating func record(_ time: UInt64) {
    nanoseconds.record(time)
  }

  /// Adds a time, and with one longer than `interval` those that could not be measured meanwhile: one per interval, each
  /// shorter by one. Else a stall of seconds, during which nothing is asked, would be a single time among thousands.
  mutating func record(_ time: UInt64, every interval: UInt64) {
    nanoseconds.recordCorrectedValue(time, expectedInterval: interval)
  }

  /// The time that this share of all doesn't exceed, in microseconds; nil if there are none.
  ///
  /// - Parameter percentile: 0 to 100.
  func microseconds(_ percentile: Double) -> Double? {
    guard nanoseconds.totalCount > 0 else { return nil }
    return Double(nanoseconds.valueAtPercentile(percentile)) / 1_000
  }
}
