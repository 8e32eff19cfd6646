internal import PilotWire

/// Who is attached to this beacon, as it is made known to the others of the cluster, and what of it has yet to be.
struct LocalPresence: Sendable {
  private var buckets = Array(repeating: PresenceBucket(), count: PresenceBucket.count)
  private let hash: KeyedHash
  /// In the order in which they have changed.
  private var due: [Int] = []
  private var isDue = Array(repeating: false, count: PresenceBucket.count)
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
    case true?: mark(bucket)
    case false?: break
    case nil: leftOut &+= 1
    }
  }

  /// What has been taken has to be made known once more: it wasn't, or all was lost.
  mutating func mark(_ bucket: Int) {
    guard !isDue[bucket] else { return }
    isDue[bucket] = true
    due.append(bucket)
  }

  /// Nothing is known to the others.
  mutating func markAll() {
    for bucket in buckets.indices where !buckets[bucket].isEmpty { mark(bucket) }
  }

  /// What is to be made known next.
  mutating func take(_ limit: Int) -> [(bucket: Int, nodes: PresenceBucket)] {
    let next = due.prefix(limit)
    due.removeFirst(next.count)
    for bucket in next { isDue[bucket] = false }
    return next.map { ($0, buckets[$0]) }
  }
}
