internal import PilotWire

/// Discovers that were not believed, but may come true: each asked its node's old endpoint for a sign of death.
///
/// 64 sets of 4, found by the node; a full set gives up its oldest. So nobody can fill it for everyone, a claim costs a
/// look at 4 entries, and a report of ICMP one at 256.
struct PendingClaims: Sendable {
  struct Claim: Equatable, Sendable, BitwiseCopyable {
    let node: NodeID
    /// Where the node is registered.
    let old: Endpoint
    /// Where the Discover came from.
    let claimant: Endpoint
    let wantsDestination: Bool
    let askedAt: UInt64
  }

  static let capacity = 256
  private static let ways = 4

  private let hash: KeyedHash
  private var slots = [Claim?](repeating: nil, count: PendingClaims.capacity)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// Notes a claim that came now. Returns whether a probe is due: not if there was one for this node within `interval`,
  /// whose claim then stays the one that counts.
  mutating func note(_ claim: Claim, interval: UInt64) -> Bool {
    let set = Int(hash(claim.node.rawValue) % UInt64(Self.capacity / Self.ways)) * Self.ways
    var target = set
    for index in set..<set + Self.ways {
      if let other = slots[index], other.node == claim.node {
        guard claim.askedAt.since(other.askedAt) >= interval else { return false }
        target = index
        break
      }
      if age(index) < age(target) { target = index }
    }
    slots[target] = claim
    return true
  }

  /// Takes out a claim whose old endpoint is `endpoint` and that was made within `timeout`.
  mutating func take(from endpoint: Endpoint, at now: UInt64, timeout: UInt64) -> Claim? {
    for index in slots.indices {
      guard let claim = slots[index], claim.old == endpoint else { continue }
      slots[index] = nil
      if now.since(claim.askedAt) <= timeout { return claim }
    }
    return nil
  }

  /// Orders the slots by what to replace first: empty ones, then the oldest.
  private func age(_ index: Int) -> UInt64 {
    slots[index].map { $0.askedAt.addingClamped(1) } ?? 0
  }
}
