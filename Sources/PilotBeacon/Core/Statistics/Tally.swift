/// Totals by the cases of an enumeration, stored in place: counting never allocates, and a copy is a snapshot.
///
/// `count` is the number of cases, which are numbered from 0.
public struct Tally<Key: CaseIterable & RawRepresentable<Int> & Sendable, let count: Int>: Sendable {
  private var counts = InlineArray<count, UInt64>(repeating: 0)

  init() {
    precondition(Key.allCases.count == count, "a total for each case of \(Key.self)")
  }

  /// The total of one case.
  public internal(set) subscript(key: Key) -> UInt64 {
    get { counts[key.rawValue] }
    set { counts[key.rawValue] = newValue }
  }

  /// The total of all cases.
  public var total: UInt64 {
    Key.allCases.reduce(0) { sum, key in sum &+ self[key] }
  }

  mutating func count(_ key: Key) {
    counts[key.rawValue] &+= 1
  }
}

extension Tally: Equatable {
  /// Equal in each case.
  public static func == (left: Self, right: Self) -> Bool {
    Key.allCases.allSatisfy { key in left[key] == right[key] }
  }
}
