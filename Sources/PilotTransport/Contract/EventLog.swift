import Synchronization

/// The newest events of a transport, numbered from 0 on, and the consumers that wait for the next one.
///
/// A consumer keeps the number of the event that it reads next, and nothing here: memory is bounded by the capacity and by
/// how many wait. From any thread.
final class EventLog: Sendable {
  /// What is at a number.
  enum Reading: Sendable {
    /// The event, or the oldest that is kept if it is gone: so many were skipped.
    case event(TransportEvent, skipped: UInt64)
    /// It hasn't happened yet.
    case nothing
    /// It never will.
    case end
  }

  private struct State {
    /// A ring: event `number` is at `number % capacity`.
    var ring: [TransportEvent] = []
    /// The number of the next event to come.
    var next: UInt64 = 0
    var isFinished = false
    var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    var lastWaiter: UInt64 = 0

    var oldest: UInt64 { next - UInt64(ring.count) }

    mutating func append(_ event: TransportEvent, capacity: Int) {
      if ring.count < capacity {
        ring.append(event)
      } else {
        ring[Int(next % UInt64(capacity))] = event
      }
      next += 1
    }

    mutating func takeWaiters() -> [UInt64: CheckedContinuation<Bool, Never>] {
      let all = waiters
      waiters = [:]
      return all
    }
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The number of the oldest event that is kept, or of the first one to come.
  var oldest: UInt64 { state.withLock { $0.oldest } }

  func append(_ event: TransportEvent) {
    append(event, isLast: false)
  }

  /// Appends the last event; only the first call has an effect.
  func finish(with event: TransportEvent) {
    append(event, isLast: true)
  }

  private func append(_ event: TransportEvent, isLast: Bool) {
    let waiters = state.withLock { state in
      guard !state.isFinished else { return [UInt64: CheckedContinuation<Bool, Never>]() }
      state.isFinished = isLast
      state.append(event, capacity: capacity)
      return state.takeWaiters()
    }
    for waiter in waiters.values { waiter.resume(returning: true) }
  }

  /// What is at a number.
  func read(at number: UInt64) -> Reading {
    state.withLock { state in
      guard number < state.next else { return state.isFinished ? .end : .nothing }
      let found = max(number, state.oldest)
      return .event(state.ring[Int(found % UInt64(capacity))], skipped: found - number)
    }
  }

  /// Waits until there is something to read at a number.
  /// - Returns: Whether there is; false when the task is cancelled.
  func wait(for number: UInt64) async -> Bool {
    let id = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let immediately = state.withLock { state -> Bool? in
          if number < state.next || state.isFinished { return true }
          if Task.isCancelled { return false }
          state.waiters[id] = continuation
          return nil
        }
        if let immediately { continuation.resume(returning: immediately) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
      waiter?.resume(returning: false)
    }
  }
}
