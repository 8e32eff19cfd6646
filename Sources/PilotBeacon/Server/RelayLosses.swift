import Synchronization

/// Frames that the router passed on and that could not be sent.
package final class RelayLosses: Sendable {
  private let refused = Atomic<UInt64>(0)
  private let gone = Atomic<UInt64>(0)

  package init() {}

  /// The kernel had no room.
  func unsent(_ count: Int) { refused.add(UInt64(count), ordering: .relaxed) }

  /// The peer's connection ended in the same moment.
  func connectionGone() { gone.add(1, ordering: .relaxed) }

  package var refusedByKernel: UInt64 { refused.load(ordering: .relaxed) }
  var connectionsGone: UInt64 { gone.load(ordering: .relaxed) }
}
