import PilotTransport
import PilotWire

/// What a registry has said: keys, and which nodes it doesn't know. Each answer counts for a time.
///
/// A key outlives its time: it goes on serving until the registry says otherwise, since a registry that doesn't answer is no
/// reason to lock nodes out. Both kinds are bounded by themselves: who asks for unknown nodes pushes no key out.
struct KeyCache {
  /// What is remembered of a node.
  enum Answer: Equatable {
    /// Its key.
    case key(PublicKey)
    /// The key that it had; the registry is to be asked again, now or, after a failure, a little later.
    case outdated(PublicKey, isDue: Bool)
    /// The registry doesn't know it.
    case unknown
  }

  /// A key and how long it counts.
  private struct Known {
    let key: PublicKey
    let end: MonotonicInstant
    /// Until when it isn't asked for again although it has run out.
    var pauseEnd = MonotonicInstant.start
  }

  private var keys: BoundedNodes<Known>
  private var unknown: BoundedNodes<MonotonicInstant>

  init(capacity: Int, unknownCapacity: Int) {
    keys = BoundedNodes(capacity: capacity)
    unknown = BoundedNodes(capacity: unknownCapacity)
  }

  var count: Int { keys.count }
  var unknownCount: Int { unknown.count }

  /// What is remembered of a node; nil if nothing is, or its time as an unknown one is over.
  func answer(for node: NodeID, at now: MonotonicInstant) -> Answer? {
    if let known = keys[node] {
      return now < known.end ? .key(known.key) : .outdated(known.key, isDue: now >= known.pauseEnd)
    }
    return unknown[node].map { now < $0 } == true ? .unknown : nil
  }

  /// The registry has answered with a key, or that it knows none.
  /// - Returns: Whether that takes another key out of force.
  mutating func remember(_ key: PublicKey?, of node: NodeID, until end: MonotonicInstant) -> Bool {
    let before = keys[node]?.key
    if let key {
      keys.set(Known(key: key, end: end), for: node)
      unknown.remove(node)
    } else {
      keys.remove(node)
      unknown.set(end, for: node)
    }
    return before.map { $0 != key } ?? false
  }

  /// The registry has failed to answer: a key that has run out isn't due again before this.
  mutating func postpone(_ node: NodeID, until end: MonotonicInstant) {
    guard var known = keys[node] else { return }
    known.pauseEnd = end
    keys.set(known, for: node)
  }
}
