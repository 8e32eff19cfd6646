import Synchronization

/// What waits in all queues of a listener together, in encoded bytes.
///
/// One half is shared out: each connected queue may hold its share of it without asking, so that a newcomer's frames fit
/// whatever the others hold. The other half goes to whoever comes first, in blocks. When it is used up, a queue that wants
/// more makes room of its own frames, and one that holds more than the mean gives up twice what it gets: who has most gives
/// first. What was taken under a larger share, before others came, grows too old within the queues' age.
///
/// Safe to use from any thread; asked only by queues that hold more than their share.
package final class OutboundBudget: Sendable {
  /// What is taken and given back at once, so that a queue rarely asks.
  static let block = 16_384

  private let half: Int
  private let used = Atomic<Int>(0)
  private let queues = Atomic<Int>(0)
  private let currentShare: Atomic<Int>

  /// - Parameter bytes: What waits in all queues, at most.
  package init(bytes: Int) {
    half = max(bytes, 0) / 2
    currentShare = Atomic(half)
  }

  /// What each queue may hold without asking.
  var share: Int { currentShare.load(ordering: .relaxed) }

  /// What each queue would hold if all held the same.
  var mean: Int { 2 * share }

  /// Whether the common half has no block left.
  var isUsedUp: Bool { used.load(ordering: .relaxed) > half - Self.block }

  /// Bytes of the common half that are taken.
  package var reservedBytes: Int { used.load(ordering: .relaxed) }

  /// A queue is connected.
  func join() {
    share(among: queues.add(1, ordering: .relaxed).newValue)
  }

  /// A queue is disconnected.
  func leave() {
    share(among: queues.subtract(1, ordering: .relaxed).newValue)
  }

  /// Two at once can leave the share of the moment before; the next that joins or leaves puts it right.
  private func share(among queues: Int) {
    currentShare.store(half / max(queues, 1), ordering: .relaxed)
  }

  /// - Returns: Whether there was room.
  func reserve(_ bytes: Int) -> Bool {
    if used.add(bytes, ordering: .relaxed).newValue <= half { return true }
    release(bytes)
    return false
  }

  func release(_ bytes: Int) {
    used.subtract(bytes, ordering: .relaxed)
  }
}
