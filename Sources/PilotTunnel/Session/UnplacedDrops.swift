internal import PilotWire

/// What was dropped of packets that this node's users have sent to nodes without a place among the peers, such as one that nobody
/// knows a key of. Of ``limit`` nodes; those of others stand in the sums alone.
struct UnplacedDrops: Sendable {
  static let limit = 256

  private var drops: [NodeID: [TunnelDrop: UInt64]] = [:]

  /// Something was dropped. Only what users have sent counts: of the rest, strangers choose the node.
  mutating func count(_ drop: TunnelDrop, of node: NodeID) {
    guard [.refused, .pendingFull, .pendingExpired].contains(drop), drops[node] != nil || drops.count < Self.limit
    else {
      return
    }
    drops[node, default: [:]][drop, default: 0] += 1
  }

  /// A node's counters with these; nil if there are neither.
  func added(to counters: TunnelCounters?, of node: NodeID) -> TunnelCounters? {
    guard let dropped = drops[node] else { return counters }
    var sums = counters ?? TunnelCounters()
    for (drop, count) in dropped { sums[drop] += count }
    return sums
  }
}
