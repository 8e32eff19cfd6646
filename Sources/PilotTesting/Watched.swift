import Synchronization

/// A value that threads change and tests wait on, without polling. Waits end with `CancellationError` when their task is cancelled.
package final class Watched<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let state: Mutex<State>

  package init(_ value: Value) {
    state = Mutex(State(value: value))
  }

  /// The present one.
  package var value: Value { state.withLock { $0.value } }

  /// Changes it, and wakes who waits.
  package func update(_ change: (inout Value) -> Void) {
    let waiters = state.withLock { state in
      change(&state.value)
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// The first value for which the closure has an answer; at once, if the present one does.
  package func first<Answer: Sendable>(_ pick: @Sendable (Value) -> Answer?) async throws -> Answer {
    while true {
      // Under the lock: a copy would make the next change copy all of a large value.
      if let answer = state.withLock({ pick($0.value) }) { return answer }
      try Task.checkCancellation()
      await change(after: pick)
    }
  }

  /// Waits until the condition holds; not at all if it does.
  package func wait(until condition: @Sendable (Value) -> Bool) async throws {
    _ = try await first { condition($0) ? true : nil }
  }

  private func change<Answer>(after pick: @Sendable (Value) -> Answer?) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          guard pick(state.value) == nil, !Task.isCancelled else { return true }
          state.waiters[id] = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }
}
