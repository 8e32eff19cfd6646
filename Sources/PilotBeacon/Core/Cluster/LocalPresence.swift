internal import PilotWire

/// Who is attached to this beacon, as it is made known to the others of the cluster, and what of it has yet to be.
struct LocalPresence: Sendable {
  /// Whether a bucket has yet to be made known.
  private enum Turn {
    case none
    /// Once no other one is due before it.
    case later
    /// Before all others: a node that has authenticated is concerned, and strangers can't bring that about.
    case first
  }

  private var buckets = Array(repeating: PresenceBucket(), count: PresenceBucket.count)
  private let hash: KeyedHash
  /// In the order in which they have changed.
  private var due: [Int] = []
  private var turns = Array(repeating: Turn.none, count: PresenceBucket.count)
  /// Nodes for which there was no room in their bucket, each time.
  private(set) var leftOut: UInt64 = 0

  /// - Parameter seed: Unknown to whoever chooses node IDs, or they could be put into one bucket.
  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// How many buckets have yet to be made known.
  var dueCount: Int { due.count }

  /// A node has come, gone, or proven who it is.
  ///
  /// - Parameter isProven: Whether it has authenticated; nil if it isn't here.
  mutating func put(_ node: NodeID, isProven: Bool?) {
    let bucket = Int(hash(node.rawValue) % UInt64(PresenceBucket.count))
    switch buckets[bucket].put(node, isProven: isProven) {
    case .changed(let isProven): mark(bucket, isProven ? .first : .later)
    case .unchanged: break
    case .noRoom: leftOut &+= 1
    }
  }

  /// What has been taken has to be made known once more: it wasn't, or all was lost.
  mutating func mark(_ bucket: Int) { mark(bucket, buckets[bucket].proven.isEmpty ? .later : .first) }

  private mutating func mark(_ bucket: Int, _ turn: Turn) {
    if turns[bucket] == .none { due.append(bucket) }
    if turns[bucket] != .first { turns[bucket] = turn }
  }

  /// Nothing is known to the others.
  mutating func markAll() {
    for bucket in buckets.indices where !buckets[bucket].isEmpty { mark(bucket) }
  }

  /// What is to be made known next.
  ///
  /// - Parameters:
  ///   - limit: How many buckets at most.
  ///   - admits: Whether one more may be, asked for each in turn until one may not: that one and those behind it stay due.
  mutating func take(
    _ limit: Int, while admits: (PresenceBucket) -> Bool = { _ in true }
  ) -> [(bucket: Int, nodes: PresenceBucket)] {
    let inTurn = due.filter { turns[$0] == .first } + due.filter { turns[$0] == .later }
    let next = inTurn.prefix(limit).prefix { admits(buckets[$0]) }
    for bucket in next { turns[bucket] = .none }
    due.removeAll { turns[$0] == .none }
    return next.map { ($0, buckets[$0]) }
  }
}
