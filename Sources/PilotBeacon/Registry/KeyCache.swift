import PilotTransport
import PilotWire

/// What a registry has said, each answer for a time; when full, the oldest answer goes.
struct KeyCache {
  /// An answer: a key, or that there is none.
  struct Entry: Equatable {
    let key: PublicKey?
    let end: MonotonicInstant
  }

  private let capacity: Int
  private var entries: [NodeID: Entry] = [:]
  /// The nodes in the order in which they came in: a ring once it is full.
  private var order: [NodeID] = []
  private var oldest = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
  }

  var count: Int { entries.count }

  /// The answer for a node, unless it has run out.
  func entry(of node: NodeID, at now: MonotonicInstant) -> Entry? {
    guard let entry = entries[node], now < entry.end else { return nil }
    return entry
  }

  mutating func remember(_ key: PublicKey?, of node: NodeID, until end: MonotonicInstant) {
    if entries.updateValue(Entry(key: key, end: end), forKey: node) != nil { return }
    guard order.count == capacity else { return order.append(node) }
    entries[order[oldest]] = nil
    order[oldest] = node
    oldest = (oldest + 1) % capacity
  }
}
