package import PilotWire

/// A value for each peer, side by side in memory: of what a session and its ways take, the empty places of a `Dictionary` would
/// cost as much as the peers.
///
/// An index stands until a peer goes. Looking a peer up takes one step; adding and removing one moves another at most, but for
/// the times when the table grows.
package struct PeerTable<Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    let node: NodeID
    var value: Value
  }

  private var places: [NodeID: Int] = [:]
  private var entries: [Entry] = []

  /// A table without peers.
  package init() {}

  package var isEmpty: Bool { entries.isEmpty }

  package var count: Int { entries.count }

  package var indices: Range<Int> { entries.indices }

  /// The peers, by their indices.
  package var nodes: [NodeID] { entries.map(\.node) }

  package var values: some Sequence<Value> { entries.lazy.map(\.value) }

  package func index(of node: NodeID) -> Int? { places[node] }

  /// The value at a peer's index, changed in place.
  package subscript(index: Int) -> Value {
    _read { yield entries[index].value }
    _modify { yield &entries[index].value }
  }

  /// A peer's value; nil for one that isn't here, and removes one that is.
  package subscript(node: NodeID) -> Value? {
    get { places[node].map { entries[$0].value } }
    set {
      switch (places[node], newValue) {
      case (let index?, let value?): entries[index].value = value
      case (nil, let value?): append(value, of: node)
      case (_, nil): remove(node)
      }
    }
  }

  /// Removes a peer. The last one takes its index.
  ///
  /// - Returns: What it had, if it was here.
  @discardableResult
  package mutating func remove(_ node: NodeID) -> Value? {
    guard let index = places.removeValue(forKey: node) else { return nil }
    entries.swapAt(index, entries.count - 1)
    let removed = entries.removeLast()
    if index < entries.count { places[entries[index].node] = index }
    return removed.value
  }

  /// Grows by an eighth instead of doubling, so that never much more is taken than is needed.
  private mutating func append(_ value: Value, of node: NodeID) {
    if entries.count == entries.capacity { entries.reserveCapacity(entries.count + max(8, entries.count / 8)) }
    places[node] = entries.count
    entries.append(Entry(node: node, value: value))
  }
}
