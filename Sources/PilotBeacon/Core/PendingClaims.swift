internal import PilotTransport
internal import PilotWire

/// Discovers that were not believed, but may come true: each asked its node's old endpoint for a sign of death.
///
/// 64 sets of 4, found by the node; a full set gives up its oldest. So nobody can fill it for everyone, a claim costs a
/// look at 4 entries, and so does a report of ICMP.
struct PendingClaims: Sendable {
  struct Claim: Equatable, Sendable, BitwiseCopyable {
    /// The question that was asked.
    let probe: EndpointProbe
    /// Which of this machine's addresses the claim was written to.
    let local: LocalAddress
    let wantsDestination: Bool
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
    let set = set(of: claim.probe.node)
    var target = set.lowerBound
    for index in set {
      if let other = slots[index], other.probe.node == claim.probe.node {
        guard claim.probe.askedAt.since(other.probe.askedAt) >= interval else { return false }
        target = index
        break
      }
      if age(index) < age(target) { target = index }
    }
    slots[target] = claim
    return true
  }

  /// The claim of this node, if it was made within `timeout`.
  func claim(of node: NodeID, at now: UInt64, timeout: UInt64) -> Claim? {
    for index in set(of: node) {
      guard let claim = slots[index], claim.probe.node == node else { continue }
      return now.since(claim.probe.askedAt) <= timeout ? claim : nil
    }
    return nil
  }

  /// Takes a claim out, if it is still there.
  mutating func take(_ probe: EndpointProbe) -> Claim? {
    for index in set(of: probe.node) {
      guard let claim = slots[index], claim.probe == probe else { continue }
      slots[index] = nil
      return claim
    }
    return nil
  }

  private func set(of node: NodeID) -> Range<Int> {
    let first = Int(hash(node.rawValue) % UInt64(Self.capacity / Self.ways)) * Self.ways
    return first..<first + Self.ways
  }

  /// Orders the slots by what to replace first: empty ones, then the oldest.
  private func age(_ index: Int) -> UInt64 {
    slots[index].map { $0.probe.askedAt.addingClamped(1) } ?? 0
  }
}
