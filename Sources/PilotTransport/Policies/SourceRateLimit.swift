/// So many events a second for each of any number of sources, in memory of a fixed size.
///
/// A newcomer takes the place of who has been quiet longest in its set (``SetsOfFour``): who is pushed out by more than three
/// lively neighbours starts anew, which favours nobody for long.
package struct SourceRateLimit: Sendable {
  private struct Entry: SetEntry {
    /// What is left of the hash, 0 for an empty place.
    var tag: UInt64 = 0
    var paidUntil: UInt64 = 0

    static var empty: Entry { Entry() }
    var worth: UInt64 { paidUntil }
  }

  private let interval: UInt64
  private let tolerance: UInt64
  private var entries: SetsOfFour<Entry>

  /// - Parameters:
  ///   - perSecond: Events a second for each source; at least 1.
  ///   - burst: Events of a source at once; at least 1.
  ///   - sets: How many sets of 4 entries of 16 bytes there are.
  package init(perSecond: Int, burst: Int, sets: Int) {
    self.init(interval: 1_000_000_000 / UInt64(max(1, perSecond)), burst: burst, sets: sets)
  }

  /// - Parameters:
  ///   - interval: Nanoseconds that each event takes.
  ///   - burst: Events of a source at once; at least 1.
  ///   - sets: How many sets of 4 entries of 16 bytes there are.
  package init(interval: UInt64, burst: Int, sets: Int) {
    self.interval = interval
    tolerance = interval.multipliedClamped(by: UInt64(max(1, burst) - 1))
    entries = SetsOfFour(sets: sets)
  }

  /// Whether an event of a source would have to wait now. Nothing changes: a source that isn't known takes nobody's place by
  /// that.
  ///
  /// - Parameters:
  ///   - hash: The source's keyed hash.
  ///   - now: The time, in nanoseconds.
  package func holdsBack(_ hash: UInt64, at now: UInt64) -> Bool {
    entries.places(of: hash).contains { place in
      entries[place].tag == hash | 1 && entries[place].paidUntil.since(now) > tolerance
    }
  }

  /// An event of a source wants to happen. Whether it may; if not, nothing has changed.
  ///
  /// - Parameter hash: The source's keyed hash: whoever could choose collisions could push others out.
  package mutating func admits(_ hash: UInt64, at now: UInt64) -> Bool {
    let tag = hash | 1
    let place = entries.place(for: hash) { $0.tag == tag }
    if entries[place].tag != tag { entries[place] = Entry(tag: tag) }
    guard entries[place].paidUntil.since(now) <= tolerance else { return false }
    entries[place].paidUntil = max(entries[place].paidUntil, now).addingClamped(interval)
    return true
  }
}
