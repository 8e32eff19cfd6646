package import PilotTransport
internal import PilotWire

/// Which sources the most was dropped of, in 3 KiB, whoever sends: the space-saving summary (Metwally, Agrawal, El Abbadi
/// 2005), in 8 sets of 8, found by a keyed hash, so that a drop costs a look at 8 entries however many sources take turns.
///
/// Whoever caused more than an eighth of the drops in its set is in it. A newcomer takes the place of the least there, and its
/// count with it: how much of a count may be another's is kept beside it.
struct TopSources: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    var source: SourceKey
    var drops: UInt64 = 0
    /// How many of them may have been of the sources that it has pushed out.
    var inherited: UInt64 = 0

    /// Nobody's, as long as nothing is counted.
    static let empty = Entry(source: SourceKey(Endpoint.any(port: 0)))
  }

  static let capacity = 64
  /// As many as there are sets, which three bits tell apart.
  private static let ways = 8

  /// Since they were last taken.
  private(set) var total: UInt64 = 0
  private let hash: KeyedHash
  private var entries = [Entry](repeating: .empty, count: TopSources.capacity)
  /// Where the last one was found: floods come in a row.
  private var latest = 0

  /// - Parameter hash: Of a key that whoever chooses the sources doesn't know.
  init(hash: KeyedHash) {
    self.hash = hash
  }

  /// A frame of this source was dropped.
  mutating func count(_ source: SourceKey) {
    total &+= 1
    if entries[latest].source != source { latest = place(of: source) }
    entries[latest].drops &+= 1
  }

  /// Where the source is counted from now on.
  private mutating func place(of source: SourceKey) -> Int {
    // Neighbours' hashes can agree in their lowest bits, of which so few sets would see no others: mixed once more.
    let first = Int((hash(source) &* 0x9E37_79B9_7F4A_7C15) >> 61) * Self.ways
    var least = first
    for index in first..<first + Self.ways {
      if entries[index].source == source { return index }
      if entries[index].drops < entries[least].drops { least = index }
    }
    let inherited = entries[least].drops
    entries[least] = Entry(source: source, drops: inherited, inherited: inherited)
    return least
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
      for index in entries.indices { entries[index] = .empty }
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
