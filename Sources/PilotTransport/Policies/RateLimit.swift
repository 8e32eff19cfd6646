/// So many events a second, and a few at once: the generic cell rate algorithm (ITU-T I.371), which needs one instant.
package struct RateLimit: Sendable, BitwiseCopyable {
  /// Nanoseconds that each event takes.
  private let interval: UInt64
  /// How far ahead of time events may come.
  private let tolerance: UInt64
  /// When all events so far will have taken their time.
  private var paidUntil: UInt64 = 0

  /// - Parameters:
  ///   - perSecond: Events a second; at least 1.
  ///   - burst: Events at once; at least 1.
  package init(perSecond: Int, burst: Int) {
    interval = 1_000_000_000 / UInt64(max(1, perSecond))
    tolerance = interval * UInt64(max(1, burst) - 1)
  }

  /// An event wants to happen. Whether it may; if not, nothing has changed.
  package mutating func admits(at now: UInt64) -> Bool {
    guard paidUntil.since(now) <= tolerance else { return false }
    paidUntil = max(paidUntil, now).addingClamped(interval)
    return true
  }

  /// So many events want to happen together. Whether they may; if not, nothing has changed. More than may happen at once never may.
  package mutating func admits(_ count: Int, at now: UInt64) -> Bool {
    let others = interval.multipliedClamped(by: UInt64(max(count, 1) - 1))
    guard paidUntil.since(now).addingClamped(others) <= tolerance else { return false }
    paidUntil = max(paidUntil, now).addingClamped(others).addingClamped(interval)
    return true
  }
}
