import PilotTransport
import PilotWire

/// Which refusals are told: one a second at most. What isn't told is counted all the same, in the statistics.
///
/// Anybody can have nodes refused by any number of IDs. What becomes of those that the rules name is told for all that: what comes
/// too early waits, and goes before what is a stranger's.
struct RefusalPace: Sendable {
  private let named: Set<NodeID>
  private var limit = RateLimit(perSecond: 1, burst: 1)
  /// Of the named ones, each once, in the order that they have come.
  private var waiting: [Refusal] = []

  /// Who was refused, and why.
  struct Refusal: Equatable, Sendable {
    let peer: NodeID
    let reason: PeerRefusal
  }

  /// - Parameter named: Whom the rules name.
  init(named: Set<NodeID>) { self.named = named }

  /// Somebody was refused.
  ///
  /// - Returns: What to tell now, perhaps of another one.
  mutating func refused(_ peer: NodeID, _ reason: PeerRefusal, at now: MonotonicInstant) -> Refusal? {
    let refusal = Refusal(peer: peer, reason: reason)
    if named.contains(peer) {
      if let index = waiting.firstIndex(where: { $0.peer == peer }) {
        waiting[index] = refusal
      } else {
        waiting.append(refusal)
      }
    }
    if !waiting.isEmpty { return tick(at: now) }
    return limit.admits(at: now.nanoseconds) ? refusal : nil
  }

  /// Time has passed.
  ///
  /// - Returns: What has waited, if it is to be told now.
  mutating func tick(at now: MonotonicInstant) -> Refusal? {
    guard !waiting.isEmpty, limit.admits(at: now.nanoseconds) else { return nil }
    return waiting.removeFirst()
  }
}
