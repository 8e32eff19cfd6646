import Synchronization

/// Lets one task wait for a time that another may cut short.
package final class Alarm: Sendable {
  private struct State {
    var isRung = false
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package init() {}

  /// Ends the present wait, or the next one if nobody waits.
  package func ring() {
    let sleeper = state.withLock { state in
      state.isRung = state.sleeper == nil
      return state.sleeper.take()
    }
    sleeper?.resume()
  }

  /// Waits until this time if there is one, until ``ring()``, or until the task is cancelled.
  package func wait(until deadline: MonotonicInstant?) async {
    guard let deadline else { return await untilRung() }
    await wait(for: MonotonicInstant.now().duration(to: deadline))
  }

  /// Waits for this long, until ``ring()``, or until the task is cancelled.
  package func wait(for duration: Duration) async {
    await withTaskGroup { group in
      group.addTask { try? await Task.sleep(for: duration) }
      group.addTask { await self.untilRung() }
      await group.next()
      group.cancelAll()
    }
  }

  private func untilRung() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isRung || Task.isCancelled {
            state.isRung = false
            return true
          }
          state.sleeper = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleeper.take() }?.resume()
    }
  }
}
