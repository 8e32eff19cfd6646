import PilotWire

/// Something about each of a bounded number of nodes; when full, the one that came in first goes.
struct BoundedNodes<Value> {
  private struct Entry {
    var value: Value
    /// Its place in `order`.
    let place: Int
  }

  private let capacity: Int
  private var entries: [NodeID: Entry] = [:]
  /// The nodes in the order in which they came in: a ring once it is full. Those that were removed keep their places.
  private var order: [NodeID] = []
  private var oldest = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
  }

  var count: Int { entries.count }

  subscript(node: NodeID) -> Value? { entries[node]?.value }

  /// Sets the value of a node, which keeps its place if it has one.
  mutating func set(_ value: Value, for node: NodeID) {
    if let entry = entries[node] {
      entries[node] = Entry(value: value, place: entry.place)
    } else {
      entries[node] = Entry(value: value, place: takePlace(for: node))
    }
  }

  mutating func remove(_ node: NodeID) {
    entries[node] = nil
  }

  private mutating func takePlace(for node: NodeID) -> Int {
    guard order.count == capacity else {
      order.append(node)
      return order.count - 1
    }
    let place = oldest
    // Whoever was here may have been removed, and have come in again elsewhere.
    if entries[order[place]]?.place == place { entries[order[place]] = nil }
    order[place] = node
    oldest = (oldest + 1) % capacity
    return place
  }
}
