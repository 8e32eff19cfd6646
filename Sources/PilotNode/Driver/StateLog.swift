import Synchronization

/// What the one reader is told beside frames.
enum NodeChange: Sendable, Equatable {
  case state(NodeState)
  case switched(PathSwitch)
}

/// Changes of a node on their way to the one reader: the newest 64. The last one is ``NodeState/closed``, whatever comes behind it.
///
/// Written from any thread, read by one task at a time.
final class StateLog: Sendable {
  private struct State {
    var waiting: [NodeChange] = []
    var dropped: UInt64 = 0
    var isFinished = false
  }

  /// How many wait for a reader that is late.
  static let capacity = 64

  private let state = Mutex(State())
  /// Whether there are some, for who looks before each frame.
  private let hasSome = Atomic<Bool>(false)
  /// Whether the last one has been taken.
  private let ended = Atomic<Bool>(false)

  var isEmpty: Bool { !hasSome.load(ordering: .acquiring) }

  /// Whether ``NodeState/closed`` has been taken. Who asks for states and then for this misses none.
  var isEnded: Bool { ended.load(ordering: .acquiring) }

  var dropped: UInt64 { state.withLock { $0.dropped } }

  /// What waits, without taking it.
  var waiting: [NodeChange] { state.withLock { $0.waiting } }

  /// Appends a change. After ``finish()`` without effect.
  func append(_ new: NodeChange) {
    state.withLock { state in
      guard !state.isFinished else { return }
      append(new, to: &state)
    }
  }

  /// Appends the last state.
  ///
  /// - Returns: Whether this call has done it: false from the second one on.
  func finish() -> Bool {
    state.withLock { state in
      guard !state.isFinished else { return false }
      state.isFinished = true
      append(.state(.closed), to: &state)
      return true
    }
  }

  private func append(_ new: NodeChange, to state: inout State) {
    if state.waiting.count == Self.capacity {
      state.waiting.removeFirst()
      state.dropped += 1
    }
    state.waiting.append(new)
    hasSome.store(true, ordering: .releasing)
  }

  func takeFirst() -> NodeChange? {
    guard !isEmpty else { return nil }
    return state.withLock { state in
      guard !state.waiting.isEmpty else { return nil }
      let first = state.waiting.removeFirst()
      hasSome.store(!state.waiting.isEmpty, ordering: .releasing)
      if state.isFinished, state.waiting.isEmpty { ended.store(true, ordering: .releasing) }
      return first
    }
  }
}
