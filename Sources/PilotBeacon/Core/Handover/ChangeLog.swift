/// Which nodes have come, gone, moved or become otherwise since a copy of their table was begun; not which have only been heard.
///
/// Bounded: a table in which more changes has to be copied anew.
struct ChangeLog: Sendable {
  /// Half a minute's worth of the announcements of 500,000 nodes.
  static let capacity = 1 << 18

  private var keys: [UInt32] = []
  private var isOverflown = false

  mutating func note(_ key: UInt32) {
    guard keys.count < Self.capacity else { return isOverflown = true }
    keys.append(key)
  }

  /// All of them have, whoever they are.
  mutating func noteAll() { isOverflown = true }

  /// Those since the last call, each once, in no particular order; nil if there were too many.
  mutating func take() -> Set<UInt32>? {
    defer { keys.removeAll(keepingCapacity: true) }
    return isOverflown ? nil : Set(keys)
  }
}
