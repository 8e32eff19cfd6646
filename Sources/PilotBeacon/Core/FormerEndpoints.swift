internal import PilotTransport
internal import PilotWire

/// Where nodes were taken from, so that a move that was a mistake can be undone.
///
/// 1,024 sets of 4, found by the node; a full set gives up what ends first. About 230 KiB.
///
/// The first endpoint that a node is taken from counts for its whole time, whatever happens next: else who has taken a node
/// would move it once more, between two endpoints of his own, and the right one would be forgotten.
struct FormerEndpoints: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    let node: NodeID
    let endpoint: Endpoint
    /// Until when the endpoint can take its node back.
    let until: UInt64
    /// Before that it can't do so again.
    var notBefore: UInt64
  }

  static let capacity = 4_096
  private static let ways = 4

  private let hash: KeyedHash
  private var slots = [Entry?](repeating: nil, count: FormerEndpoints.capacity)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// A node was taken from an endpoint, and can be taken back `until` then.
  mutating func remember(_ node: NodeID, at endpoint: Endpoint, until: UInt64, now: UInt64) {
    let set = set(of: node)
    var target = set.lowerBound
    for index in set {
      if let entry = slots[index], entry.node == node {
        guard entry.until <= now else { return }
        target = index
        break
      }
      if end(index) < end(target) { target = index }
    }
    slots[target] = Entry(node: node, endpoint: endpoint, until: until, notBefore: now)
  }

  /// Whether the node was taken from this endpoint, and goes back there now. It doesn't again within `holdDown`: who can
  /// forge that source would otherwise hold the node there.
  mutating func takesBack(_ node: NodeID, to endpoint: Endpoint, holdDown: UInt64, at now: UInt64) -> Bool {
    for index in set(of: node) {
      guard let entry = slots[index], entry.node == node else { continue }
      guard entry.endpoint == endpoint, now < entry.until, now >= entry.notBefore else { return false }
      slots[index]?.notBefore = now.addingClamped(holdDown)
      return true
    }
    return false
  }

  /// The node has proven where it is.
  mutating func forget(_ node: NodeID) {
    for index in set(of: node) where slots[index]?.node == node { slots[index] = nil }
  }

  private func set(of node: NodeID) -> Range<Int> {
    let first = Int(hash(node.rawValue) % UInt64(Self.capacity / Self.ways)) * Self.ways
    return first..<first + Self.ways
  }

  /// Orders the slots by what to replace first: empty ones, then what ends first.
  private func end(_ index: Int) -> UInt64 { slots[index].map { $0.until } ?? 0 }
}
