internal import PilotWire
internal import Synchronization

/// What one reader has yet to hear: changes until it takes them, and at most one signal that there are any.
final class KeyChangeMailbox: Sendable {
  private let limit: Int
  private let signal: AsyncStream<Void>.Continuation
  private let pending = Mutex<KeyChange?>(nil)

  /// - Parameter limit: The most nodes that are kept by name.
  init(limit: Int, signal: AsyncStream<Void>.Continuation) {
    self.limit = limit
    self.signal = signal
  }

  func put(_ nodes: Set<NodeID>) {
    pending.withLock { pending in
      switch pending {
      case .anything: break
      case .nodes(let others): pending = bounded(others.union(nodes))
      case nil: pending = bounded(nodes)
      }
    }
    signal.yield()
  }

  private func bounded(_ nodes: Set<NodeID>) -> KeyChange {
    nodes.count > limit ? .anything : .nodes(nodes)
  }

  func take() -> KeyChange? {
    pending.withLock { $0.take() }
  }

  func finish() {
    signal.finish()
  }
}
