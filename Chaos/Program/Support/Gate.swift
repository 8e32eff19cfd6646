import Synchronization

/// A count that others wait for.
final class Gate: Sendable {
  private struct Waiter {
    let goal: Int
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var count = 0
    var waiters: [Int: Waiter] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  /// Counts one more.
  func pass() {
    let due = state.withLock { state in
      state.count += 1
      let due = state.waiters.filter { $0.value.goal <= state.count }
      for key in due.keys { state.waiters[key] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume(returning: true) }
  }

  /// Waits until so many have passed since the beginning.
  ///
  /// - Returns: Whether they did within this time.
  func wait(until goal: Int, for limit: Duration) async -> Bool {
    let ticket = state.withLock { state in
      state.next += 1
      return state.next
    }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        if (try? await Task.sleep(for: limit)) != nil { self.expire(ticket) }
      }
      let passed = await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.count >= goal { return true }
          state.waiters[ticket] = Waiter(goal: goal, continuation: continuation)
          return false
        }
        if isDue { continuation.resume(returning: true) }
      }
      group.cancelAll()
      return passed
    }
  }

  private func expire(_ ticket: Int) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: ticket) }
    waiter?.continuation.resume(returning: false)
  }
}
