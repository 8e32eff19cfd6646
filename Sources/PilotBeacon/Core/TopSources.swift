/// Which sources the most was dropped of, in 3 KiB, whoever sends: the space-saving summary (Metwally, Agrawal, El Abbadi
/// 2005).
///
/// Whoever caused more than 1 in ``capacity`` of the drops is in it. A newcomer takes the place of the least, and its count
/// with it: how much of a count may be another's is kept beside it.
struct TopSources: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    var source: SourceKey
    var drops: UInt64
    /// How many of them may have been of the sources that it has pushed out.
    var inherited: UInt64
  }

  static let capacity = 64

  /// Since they were last taken.
  private(set) var total: UInt64 = 0
  private var entries: [Entry] = []
  /// Where the last one was found: floods come in a row.
  private var latest = 0

  init() {
    entries.reserveCapacity(Self.capacity)
  }

  /// A frame of this source was dropped.
  mutating func count(_ source: SourceKey) {
    total &+= 1
    if latest < entries.count, entries[latest].source == source { return entries[latest].drops &+= 1 }
    var least = 0
    for index in entries.indices {
      if entries[index].source == source {
        latest = index
        return entries[index].drops &+= 1
      }
      if entries[index].drops < entries[least].drops { least = index }
    }
    if entries.count < Self.capacity {
      latest = entries.count
      entries.append(Entry(source: source, drops: 1, inherited: 0))
    } else {
      latest = least
      let inherited = entries[least].drops
      entries[least] = Entry(source: source, drops: inherited &+ 1, inherited: inherited)
    }
  }

  /// Takes out what was counted, and starts anew.
  ///
  /// - Parameter limit: How many sources are told at most.
  /// - Returns: nil if nothing was dropped.
  mutating func take(_ limit: Int) -> SourceDrops? {
    guard total > 0 else { return nil }
    let certain = entries.map { SourceDrops.Share(source: $0.source, drops: $0.drops &- $0.inherited) }
    // What is less than a hundredth is noise beside what was pushed out.
    let told = certain.filter { $0.drops > total / 100 }.sorted { $0.drops > $1.drops }
    defer {
      entries.removeAll(keepingCapacity: true)
      total = 0
    }
    return SourceDrops(total: total, top: Array(told.prefix(limit)))
  }
}

/// Drops that limits for each source have led to, and whose frames they were.
package struct SourceDrops: Equatable, Sendable {
  /// One source's part.
  package struct Share: Equatable, Sendable {
    /// Whose.
    package let source: SourceKey
    /// At least so many.
    package let drops: UInt64
  }

  /// All drops of the time.
  package let total: UInt64
  /// The sources that caused most, in falling order, and none below a hundredth of all.
  package let top: [Share]
}
