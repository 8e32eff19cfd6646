/// When the allocator is to give back what a table has given to it: once the last sweep gave nothing more, and it is worth
/// while, 4 MB. So once after a flood, and never while it goes on.
struct TrimSchedule {
  /// 60 bytes each.
  static let worthwhile = 65_536

  private var last = 0
  private var trimmed = 0

  /// A sweep has ended.
  ///
  /// - Parameter slots: What all sweeps so far have given back.
  mutating func isDue(_ slots: Int) -> Bool {
    defer { last = slots }
    guard slots == last, slots - trimmed >= Self.worthwhile else { return false }
    trimmed = slots
    return true
  }
}
