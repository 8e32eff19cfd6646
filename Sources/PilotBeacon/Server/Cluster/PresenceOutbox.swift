package import PilotWire
import Synchronization

/// What a beacon has yet to tell the others of its cluster: a bound of ``PresenceBucket/count`` pieces, since what changes again before
/// it has been told is told once. From any thread.
package final class PresenceOutbox: Sendable {
  private let local: Mutex<LocalPresence>

  /// - Parameter seed: Unknown to whoever chooses node IDs.
  package init(seed: UInt64) {
    local = Mutex(LocalPresence(seed: seed))
  }

  /// How many pieces wait.
  package var waiting: Int { local.withLock { $0.dueCount } }
  /// Nodes for which there was no room in their bucket, each time.
  package var leftOut: UInt64 { local.withLock { $0.leftOut } }

  /// Where nodes are: whether each has authenticated here, or nil if it isn't here.
  package func put(_ nodes: some Sequence<(NodeID, Bool?)>) {
    local.withLock { local in
      for (node, isProven) in nodes { local.put(node, isProven: isProven) }
    }
  }

  /// What is to be told next: what concerns nodes that have authenticated before all else.
  ///
  /// - Parameters:
  ///   - limit: How many pieces at most.
  ///   - admits: Whether one more may be told now: it and what follows wait else. Called under a lock.
  package func take(
    _ limit: Int, while admits: (PresenceBucket) -> Bool = { _ in true }
  ) -> [(bucket: Int, nodes: PresenceBucket)] {
    local.withLock { $0.take(limit, while: admits) }
  }

  /// What has been taken wasn't told.
  package func putBack(_ buckets: some Sequence<Int>) {
    local.withLock { local in
      for bucket in buckets { local.mark(bucket) }
    }
  }

  /// The others know nothing of this beacon's nodes.
  package func tellAll() { local.withLock { $0.markAll() } }
}
