internal import PilotWire

/// The nodes that have proven themselves over UDP since the beacon started: exactly those, since a node that can't prove
/// anything must never be taken for one that can.
///
/// Only who has a known key gets in, so that strangers can't fill it. When it is full nevertheless, one that a walk over its
/// slots meets next makes way, and is as unproven as it was before its first proof once its registration ends.
struct ProvenNodes: ~Copyable, Sendable {
  private let capacity: Int
  private let seed: UInt64
  private var map: NodeMap<UInt8>
  private var cursor = NodeMap<UInt8>.Cursor()

  /// - Parameter capacity: The most nodes, at least 1. About 7 bytes each when full.
  init(capacity: Int, seed: UInt64) {
    self.capacity = capacity
    self.seed = seed
    map = NodeMap(expectedCount: capacity, seed: seed)
  }

  var count: Int { map.count }

  func contains(_ node: NodeID) -> Bool { map.find(node.rawValue) != nil }

  /// - Returns: Whether another one has made way.
  mutating func insert(_ node: NodeID) -> Bool {
    guard !contains(node) else { return false }
    let isFull = map.count >= capacity
    var budget = Int.max
    if isFull, let position = map.next(&cursor, budget: &budget) { map.remove(at: position, behind: &cursor) }
    map.insert(node.rawValue, 0)
    return isFull
  }

  /// In so many parts ``forEach(inPart:_:)`` walks them.
  var partCount: Int { map.shardCount }

  /// All nodes of one part.
  func forEach(inPart part: Int, _ body: (NodeID) -> Void) {
    map.forEach(inShard: part) { key, _ in NodeID(key).map(body) }
  }

  mutating func remove(_ node: NodeID) {
    if let position = map.find(node.rawValue) { map.remove(at: position) }
  }

  mutating func removeAll() {
    map = NodeMap(expectedCount: capacity, seed: seed)
    cursor = NodeMap<UInt8>.Cursor()
  }
}
