import PilotTransport
import PilotWire

/// Which peers something is sent to that don't answer: told once for each, until they do.
///
/// A node that doesn't know this one's key drops what it sends, and says nothing. One that has ended says nothing either, and its
/// session stays for as long as something is sent.
struct SilenceWatch: Sendable {
  /// How long a peer may take to answer its first key exchange, or probes: four of them, and a relay's queue.
  static let patience: Duration = .seconds(5)

  private struct Wait: Sendable {
    let since: MonotonicInstant
    var isTold = false
  }

  private var waits: [NodeID: Wait] = [:]

  /// How a peer stands now.
  ///
  /// - Parameters:
  ///   - isSentTo: Whether something has been sent, or tried to be.
  ///   - answers: Whether there is a session with it, and no probe that it hasn't answered.
  /// - Returns: Whether to say that it is silent.
  mutating func look(at peer: NodeID, isSentTo: Bool, answers: Bool, at now: MonotonicInstant) -> Bool {
    guard isSentTo, !answers else {
      waits[peer] = nil
      return false
    }
    guard let wait = waits[peer] else {
      waits[peer] = Wait(since: now)
      return false
    }
    guard !wait.isTold, wait.since.advanced(by: Self.patience) <= now else { return false }
    waits[peer]?.isTold = true
    return true
  }

  /// It has been said already why a peer says nothing.
  mutating func explained(_ peer: NodeID, at now: MonotonicInstant) { waits[peer] = Wait(since: now, isTold: true) }
}
