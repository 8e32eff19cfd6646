/// How many of the frames that went over a UDP path nothing shows to have come through: those since the beacon was asked the
/// question that it answered last.
///
/// An answer doesn't say which question it is for. It stands for the earliest that waits, so that the count is never too low:
/// what was sent before that question went over a path that worked.
struct SentMarks: Sendable {
  /// The frames that had been sent when the earliest question was asked that waits; nil if none does.
  private var asked: UInt64?
  private var confirmed: UInt64 = 0

  /// The beacon is asked something, after so many frames in all.
  mutating func ask(after sent: UInt64) {
    if asked == nil { asked = sent }
  }

  /// It has answered.
  mutating func answer() {
    if let asked = asked.take() { confirmed = max(confirmed, asked) }
  }

  /// The path is left, after so many frames in all.
  ///
  /// - Returns: How many of them nothing shows to have come through. Each is told once.
  mutating func leave(after sent: UInt64) -> UInt64 {
    defer { (asked, confirmed) = (nil, max(confirmed, sent)) }
    return sent > confirmed ? sent - confirmed : 0
  }
}
