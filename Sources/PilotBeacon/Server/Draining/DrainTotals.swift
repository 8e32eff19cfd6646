import Synchronization

/// Whom a beacon has told that it is about to end, and sent away.
final class DrainTotals: Sendable {
  private let peers = Atomic<UInt64>(0)
  private let nodes = Atomic<UInt64>(0)
  private let ends = Atomic<UInt64>(0)

  func toldPeer() { peers.add(1, ordering: .relaxed) }

  func toldNodes(_ count: Int) { nodes.add(UInt64(count), ordering: .relaxed) }

  func closed() { ends.add(1, ordering: .relaxed) }

  var peersTold: UInt64 { peers.load(ordering: .relaxed) }
  var nodesTold: UInt64 { nodes.load(ordering: .relaxed) }
  /// Connections that were closed before the end, since their peers don't know what they are told.
  var connectionsClosed: UInt64 { ends.load(ordering: .relaxed) }
}
