internal import PilotWire

/// Which other beacon of the cluster each node is attached to, as the router asks for each frame that finds nobody here.
///
/// What it holds it is told, a few hundred nodes at a time, by who hears the others (``ClusterPresence``), who bounds it as well.
struct RemoteNodes: ~Copyable, Sendable {
  /// Where a node is.
  struct Place: Equatable, Sendable, BitwiseCopyable {
    let beaconID: UInt32
    /// Whether the node has authenticated there.
    let isProven: Bool
  }

  private var map: NodeMap<Place>
  private var cursor = NodeMap<Place>.Cursor()

  /// - Parameter expectedCount: How many nodes it is laid out for.
  init(expectedCount: Int, seed: UInt64) {
    map = NodeMap(expectedCount: expectedCount, seed: seed)
  }

  var count: Int { map.count }

  /// Whether it holds nodes, or memory of former ones.
  private(set) var hasMemory = false

  /// Where a node is, if it is at another beacon.
  @inline(__always)
  func place(of node: NodeID) -> Place? {
    guard map.count > 0, let position = map.find(node.rawValue) else { return nil }
    return map[position]
  }

  /// A node is there now; nil if it is at no other beacon any more.
  mutating func put(_ node: NodeID, at place: Place?) {
    switch (map.find(node.rawValue), place) {
    case (let position?, let place?): map[position] = place
    case (let position?, nil): map.remove(at: position)
    case (nil, let place?):
      map.insert(node.rawValue, place)
      hasMemory = true
    case (nil, nil): break
    }
  }

  /// Looks at the next `limit` slots, and gives back memory that isn't needed.
  mutating func trim(limit: Int) {
    var budget = limit
    while map.nextTrimming(&cursor, budget: &budget) != nil {}
    if map.count == 0, map.slotCount == 0 { hasMemory = false }
  }
}
