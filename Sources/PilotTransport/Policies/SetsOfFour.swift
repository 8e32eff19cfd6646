/// What a table in sets of four holds.
package protocol SetEntry: Sendable, BitwiseCopyable {
  /// What an empty place holds: worth nothing.
  static var empty: Self { get }

  /// Which entry of a full set makes way for a newcomer: the one that is worth least.
  var worth: UInt64 { get }
}

/// Entries in memory of a fixed size, for what strangers bring about: sets of 4, found by a keyed hash.
///
/// A newcomer takes the place of what is worth least in its set: nobody can fill the table for others, and who could choose
/// the hash could push others out.
package struct SetsOfFour<Entry: SetEntry>: Sendable {
  private static var ways: Int { 4 }

  private let sets: UInt64
  private var entries: [Entry]

  /// An empty table.
  ///
  /// - Parameter sets: How many sets of 4 entries there are; at least 1.
  package init(sets: Int) {
    self.sets = UInt64(max(1, sets))
    entries = Array(repeating: .empty, count: Int(self.sets) * Self.ways)
  }

  /// The places where what has this hash can be.
  package func places(of hash: UInt64) -> Range<Int> {
    let first = Int(hash % sets) * Self.ways
    return first..<first + Self.ways
  }

  /// The place of what has this hash and is looked for, or else the one that a newcomer takes, whatever is there.
  package func place(for hash: UInt64, where isIt: (Entry) -> Bool) -> Int {
    let places = places(of: hash)
    var place = places.lowerBound
    for index in places {
      if isIt(entries[index]) { return index }
      if entries[index].worth < entries[place].worth { place = index }
    }
    return place
  }

  /// What is at a place.
  package subscript(place: Int) -> Entry {
    get { entries[place] }
    _modify { yield &entries[place] }
  }
}
