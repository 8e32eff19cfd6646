/// Numbers, as ranges that neither overlap nor touch, in order: one is found in as many steps as the count has bits.
struct SortedRanges<Bound: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable, Equatable {
  private let first: [Bound]
  private let last: [Bound]

  /// Ranges in any order, which may overlap.
  init(_ ranges: [ClosedRange<Bound>]) {
    var merged: [ClosedRange<Bound>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let before = merged.last, before.upperBound == .max || range.lowerBound <= before.upperBound + 1 {
        merged[merged.count - 1] = before.lowerBound...max(before.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    first = merged.map(\.lowerBound)
    last = merged.map(\.upperBound)
  }

  var isEmpty: Bool { first.isEmpty }

  func contains(_ number: Bound) -> Bool {
    // How many ranges begin at the number or before it.
    var (low, high) = (0, first.count)
    while low < high {
      let middle = (low + high) / 2
      if first[middle] <= number { low = middle + 1 } else { high = middle }
    }
    return low > 0 && number <= last[low - 1]
  }
}
