/// What was meant by a name that there is not.
package enum NearestName {
  /// The name that is most like another one, if any is like it at all: a third of its characters may be wrong, missing, too
  /// many or exchanged with their neighbour. Capitals are as good as small letters, and underscores as hyphens.
  ///
  /// - Parameter limit: How many characters may be wrong, if that is to be fewer.
  package static func of(_ name: String, among names: some Sequence<String>, within limit: Int = .max) -> String? {
    let wanted = plain(name)
    // Longer ones are no slips, and comparing them takes time.
    guard (1...64).contains(wanted.count) else { return nil }
    let limit = min(max(1, wanted.count / 3), limit)
    return names.map { (name: $0, distance: distance(wanted, plain($0))) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  private static func plain(_ name: String) -> [UInt8] {
    name.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
  }

  /// The fewest insertions, removals, replacements and exchanges of neighbours that make one of the other ("optimal string
  /// alignment").
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var (before, last) = ([Int](), Array(0...right.count))
    for (row, character) in left.enumerated() {
      var next = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(last[column + 1] + 1, next[column] + 1, last[column] + (character == other ? 0 : 1))
        if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
          best = min(best, before[column - 1] + 1)
        }
        next.append(best)
      }
      (before, last) = (last, next)
    }
    return last[right.count]
  }
}
