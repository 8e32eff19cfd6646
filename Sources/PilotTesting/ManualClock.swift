public import PilotTransport
import Synchronization

/// A clock that a test moves: nothing that sleeps on it wakes before ``advance(by:)`` says so.
///
/// ```swift
/// let clock = ManualClock()
/// async let done: Void = subject.run(clock: clock)
/// await clock.sleepers(atLeast: 1)  // else the advance could come before the sleep
/// clock.advance(by: .seconds(30))
/// ```
///
/// All of it may be used from any task or thread.
public final class ManualClock: Clock, Sendable {
  private let state: Mutex<State>

  /// Starts a clock that stands still.
  public init(now: MonotonicInstant = .start) {
    state = Mutex(State(now: now))
  }

  /// The time that was advanced to.
  public var now: MonotonicInstant { state.withLock { $0.now } }

  /// One nanosecond, what an instant can tell apart.
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// How many sleep at the moment.
  public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// When the first sleeper is due, or nil when nobody sleeps.
  public var nextDeadline: MonotonicInstant? {
    state.withLock { $0.sleepers.values.lazy.map(\.deadline).min() }
  }

  /// Sleeps until the clock is advanced to the deadline; one in the past doesn't wait.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, before or while it sleeps.
  public func sleep(until deadline: MonotonicInstant, tolerance: Duration? = nil) async throws {
    let id = state.withLock { $0.makeID() }
    let woken = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let immediately = state.withLock { state in
          state.park(id, Sleeper(deadline: deadline, continuation: continuation), cancelled: Task.isCancelled)
        }
        immediately.resume()
      }
    } onCancel: {
      let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
      sleeper?.continuation.resume(returning: .cancelled)
    }
    if woken == .cancelled { throw CancellationError() }
  }

  /// Moves the time on, and wakes who is due, the earliest first. A negative duration moves nothing.
  ///
  /// A sleeper that goes back to sleep needs another call: wait for it with ``sleepers(atLeast:)`` first.
  public func advance(by duration: Duration) {
    let due = state.withLock { state in
      if duration > .zero { state.now = state.now.advanced(by: duration) }
      return state.takeDue()
    }
    for sleeper in due { sleeper.continuation.resume(returning: .due) }
  }

  /// Waits until so many sleep. Returns early when the task is cancelled, so that a test's time limit can end it.
  public func sleepers(atLeast count: Int) async {
    let id = state.withLock { $0.makeID() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let watcher = Watcher(count: count, continuation: continuation)
        let parked = state.withLock { $0.watch(id, watcher, cancelled: Task.isCancelled) }
        if !parked { continuation.resume() }
      }
    } onCancel: {
      let watcher = state.withLock { $0.watchers.removeValue(forKey: id) }
      watcher?.continuation.resume()
    }
  }
}

extension ManualClock {
  private enum Wake: Sendable { case due, cancelled }

  private struct Sleeper: Sendable {
    let deadline: MonotonicInstant
    let continuation: CheckedContinuation<Wake, Never>
  }

  private struct Watcher: Sendable {
    let count: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  /// Continuations to resume once the lock is released.
  private enum OnPark: Sendable {
    case wake(Sleeper, Wake)
    case tell([Watcher])

    func resume() {
      switch self {
      case .wake(let sleeper, let wake): sleeper.continuation.resume(returning: wake)
      case .tell(let watchers): for watcher in watchers { watcher.continuation.resume() }
      }
    }
  }

  private struct State {
    var now: MonotonicInstant
    var sleepers: [UInt64: Sleeper] = [:]
    var watchers: [UInt64: Watcher] = [:]
    private var lastID: UInt64 = 0

    init(now: MonotonicInstant) {
      self.now = now
    }

    mutating func makeID() -> UInt64 {
      lastID += 1
      return lastID
    }

    mutating func park(_ id: UInt64, _ sleeper: Sleeper, cancelled: Bool) -> OnPark {
      if cancelled { return .wake(sleeper, .cancelled) }
      if sleeper.deadline <= now { return .wake(sleeper, .due) }
      sleepers[id] = sleeper
      let satisfied = watchers.filter { $0.value.count <= sleepers.count }
      for id in satisfied.keys { watchers[id] = nil }
      return .tell(Array(satisfied.values))
    }

    mutating func watch(_ id: UInt64, _ watcher: Watcher, cancelled: Bool) -> Bool {
      if cancelled || sleepers.count >= watcher.count { return false }
      watchers[id] = watcher
      return true
    }

    /// Ties go by age: ids grow.
    mutating func takeDue() -> [Sleeper] {
      let due = sleepers.filter { $0.value.deadline <= now }
      for id in due.keys { sleepers[id] = nil }
      return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
    }
  }
}
