/// How many frames are due, for them to come at a rate.
struct Pacer: Sendable {
  /// Frames per second.
  let rate: Int
  private var sent = 0

  init(rate: Int) {
    self.rate = rate
  }

  /// How many frames are due after this time, and count as sent from now on: at most a tenth of a second's, so that a
  /// sender that was held up doesn't make up for it with a burst.
  ///
  /// - Parameter elapsed: The time since the beginning, in nanoseconds. The first frame is due at 0.
  mutating func due(after elapsed: UInt64) -> Int {
    let (whole, rest) = elapsed.quotientAndRemainder(dividingBy: 1_000_000_000)
    let total = Int(whole) * rate + Int(rest) * rate / 1_000_000_000 + 1
    let due = max(0, total - sent)
    sent = max(sent, total)
    return min(due, max(1, rate / 10))
  }

  /// When the next frame is due: so long after the beginning, in nanoseconds.
  var next: UInt64 {
    let (whole, rest) = sent.quotientAndRemainder(dividingBy: rate)
    return UInt64(whole) * 1_000_000_000 + UInt64((rest * 1_000_000_000 + rate - 1) / rate)
  }
}
