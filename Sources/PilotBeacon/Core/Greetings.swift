internal import PilotTransport
internal import PilotWire

/// Endpoints that were asked for a sign when their node registered: who receives there answers.
///
/// 256 sets of 4, found by the endpoint, since the answer names nobody; a full set gives up the oldest. Who is pushed out
/// is asked again at his next Discover.
struct Greetings: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    let node: NodeID
    let endpoint: Endpoint
    let at: UInt64
  }

  static let capacity = 1_024
  private static let ways = 4

  private let hash: KeyedHash
  private var slots = [Entry?](repeating: nil, count: Greetings.capacity)

  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  mutating func note(_ node: NodeID, at endpoint: Endpoint, now: UInt64) {
    let set = set(of: endpoint)
    var target = set.lowerBound
    for index in set {
      if let entry = slots[index], entry.node == node, entry.endpoint == endpoint {
        target = index
        break
      }
      if age(index) < age(target) { target = index }
    }
    slots[target] = Entry(node: node, endpoint: endpoint, at: now)
  }

  /// A node that was asked at this endpoint within `timeout`, and isn't asked any more.
  mutating func take(at endpoint: Endpoint, now: UInt64, timeout: UInt64) -> NodeID? {
    for index in set(of: endpoint) {
      guard let entry = slots[index], entry.endpoint == endpoint else { continue }
      slots[index] = nil
      if now.since(entry.at) <= timeout { return entry.node }
    }
    return nil
  }

  private func set(of endpoint: Endpoint) -> Range<Int> {
    let first = Int(hash(at: endpoint) % UInt64(Self.capacity / Self.ways)) * Self.ways
    return first..<first + Self.ways
  }

  private func age(_ index: Int) -> UInt64 { slots[index].map { $0.at.addingClamped(1) } ?? 0 }
}
