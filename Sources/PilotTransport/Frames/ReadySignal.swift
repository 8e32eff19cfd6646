import Synchronization

/// What one task waits for until any thread raises it. Raised before, it doesn't wait; raised twice, it wakes once.
final class ReadySignal: Sendable {
  private struct State {
    var isRaised = false
    var waiter: CheckedContinuation<Bool, Never>?
  }

  private let state = Mutex(State())

  /// Wakes the task that waits, or the next one to.
  func raise() {
    let waiter = state.withLock { state in
      let waiter = state.waiter.take()
      if waiter == nil { state.isRaised = true }
      return waiter
    }
    waiter?.resume(returning: true)
  }

  /// Waits until it is raised, and lowers it.
  /// - Returns: False when the task is cancelled while it waits.
  func wait() async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let immediately = state.withLock { state -> Bool? in
          if state.isRaised {
            state.isRaised = false
            return true
          }
          if Task.isCancelled { return false }
          state.waiter = continuation
          return nil
        }
        if let immediately { continuation.resume(returning: immediately) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiter.take() }
      waiter?.resume(returning: false)
    }
  }
}
