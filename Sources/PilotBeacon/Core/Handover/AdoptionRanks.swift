internal import PilotWire

/// Which node of a table goes when one that is handed over has a better right to its place: the least of all, whatever the order in
/// which they come.
///
/// A heap whose entries may be out of date: what isn't any more as an entry says has a newer entry, or is gone. Never more than
/// twice as many as the table has nodes, and made when the table is full first: 24 bytes each.
struct AdoptionRanks: Sendable {
  /// What a place is given by: proven before listed, listed before all others, then by the last sign of life.
  struct Rank: Comparable, Sendable {
    private let standing: UInt8
    private let heardAt: UInt64

    init(_ registration: Registration) {
      standing = registration.isProven ? 2 : registration.flags.contains(.listed) ? 1 : 0
      heardAt = registration.heardAt
    }

    static func < (one: Self, other: Self) -> Bool {
      (one.standing, one.heardAt) < (other.standing, other.heardAt)
    }
  }

  private struct Entry: Sendable {
    let rank: Rank
    let node: UInt32
  }

  /// Each entry is no better than those at twice its place and one and two further.
  private var heap: [Entry] = []
  /// Nodes that had a place, and have lost it to better ones.
  var displaced = 0

  var count: Int { heap.count }

  mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  /// A node has a place, with this registration.
  mutating func note(_ node: UInt32, _ registration: Registration) {
    heap.append(Entry(rank: Rank(registration), node: node))
    var place = heap.count - 1
    while place > 0, heap[place].rank < heap[(place - 1) / 2].rank {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The least of all that have a place.
  ///
  /// - Parameter current: What a node is registered with now.
  mutating func least(by current: (UInt32) -> Registration?) -> (node: UInt32, rank: Rank)? {
    while let entry = heap.first {
      if current(entry.node).map(Rank.init) == entry.rank { return (entry.node, entry.rank) }
      removeFirst()
    }
    return nil
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var place = 0
    while true {
      let (left, right) = (2 * place + 1, 2 * place + 2)
      guard left < heap.count else { return }
      let least = right < heap.count && heap[right].rank < heap[left].rank ? right : left
      guard heap[least].rank < heap[place].rank else { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
