import Synchronization

/// States on their way to the one reader: the newest 64.
final class StateLog: Sendable {
  private struct State {
    var waiting: [NodeState] = []
    var dropped: UInt64 = 0
  }

  /// How many wait for a reader that is late.
  static let capacity = 64

  private let state = Mutex(State())
  /// Whether there are some, for who looks before each frame.
  private let hasSome = Atomic<Bool>(false)

  var isEmpty: Bool { !hasSome.load(ordering: .acquiring) }

  var dropped: UInt64 { state.withLock { $0.dropped } }

  /// What waits, without taking it.
  var waiting: [NodeState] { state.withLock { $0.waiting } }

  func append(_ new: NodeState) {
    state.withLock { state in
      if state.waiting.count == Self.capacity {
        state.waiting.removeFirst()
        state.dropped += 1
      }
      state.waiting.append(new)
      hasSome.store(true, ordering: .releasing)
    }
  }

  func takeFirst() -> NodeState? {
    guard !isEmpty else { return nil }
    return state.withLock { state in
      guard !state.waiting.isEmpty else { return nil }
      let first = state.waiting.removeFirst()
      hasSome.store(!state.waiting.isEmpty, ordering: .releasing)
      return first
    }
  }
}
