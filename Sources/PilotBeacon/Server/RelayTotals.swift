import Synchronization

/// What becomes of frames between the router and the sockets: those that could not be sent, and the beacon's own.
package final class RelayTotals: Sendable {
  private let refused = Atomic<UInt64>(0)
  private let gone = Atomic<UInt64>(0)
  private let byUDP = Atomic<UInt64>(0)
  private let answers = Atomic<UInt64>(0)

  package init() {}

  /// The kernel had no room.
  func unsent(_ count: Int) { refused.add(UInt64(count), ordering: .relaxed) }

  /// The peer's connection ended in the same moment, or the beacon that the node was at.
  func connectionGone() { gone.add(1, ordering: .relaxed) }

  /// The same, and its node is over UDP, too: the frame goes there.
  func detoured() { byUDP.add(1, ordering: .relaxed) }

  /// The beacon sends a message of its own over UDP.
  func answered() { answers.add(1, ordering: .relaxed) }

  package var refusedByKernel: UInt64 { refused.load(ordering: .relaxed) }
  var connectionsGone: UInt64 { gone.load(ordering: .relaxed) }
  var detours: UInt64 { byUDP.load(ordering: .relaxed) }
  /// Answers, challenges and probes over UDP, whether they could be sent or not.
  var udpAnswers: UInt64 { answers.load(ordering: .relaxed) }
}
