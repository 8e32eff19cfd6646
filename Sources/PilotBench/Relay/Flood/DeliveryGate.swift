import PilotTransport
import Synchronization

/// How many frames have been delivered, counted by any number of receivers, and a sender that waits for more of them.
final class DeliveryGate: Sendable {
  private let count = Atomic<Int>(0)
  private let lastArrival = Atomic<UInt64>(0)
  /// The count that the waiting sender wants; the largest number if none waits.
  private let target = Atomic<Int>(.max)
  private let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)

  /// How many so far.
  var delivered: Int { count.load(ordering: .sequentiallyConsistent) }

  /// When the last one came, in nanoseconds of the monotonic clock; 0 before the first.
  var lastArrivalNanoseconds: UInt64 { lastArrival.load(ordering: .relaxed) }

  /// More have been delivered.
  func add(_ frames: Int, at now: UInt64) {
    lastArrival.store(now, ordering: .relaxed)
    let delivered = count.add(frames, ordering: .sequentiallyConsistent).newValue
    if delivered >= target.load(ordering: .sequentiallyConsistent) { open() }
  }

  /// Lets the sender go on, whatever has been delivered: so that it can look at the clock.
  func open() {
    target.store(.max, ordering: .sequentiallyConsistent)
    waiter.withLock { $0.take() }?.resume()
  }

  /// Waits until so many have been delivered, until ``open()``, or until the task is cancelled. For one task at a time.
  func wait(until wanted: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        waiter.withLock { $0 = continuation }
        target.store(wanted, ordering: .sequentiallyConsistent)
        // What was delivered before the target stood there has opened nothing.
        if delivered >= wanted || Task.isCancelled { open() }
      }
    } onCancel: {
      open()
    }
  }

  /// Does something while ``open()`` is called again and again, so that it can wait with an eye on the clock.
  func whileOpening<Result: Sendable>(
    every interval: Duration, _ work: @Sendable () async throws -> Result
  ) async throws -> Result {
    async let _ = openRegularly(every: interval)
    return try await work()
  }

  private func openRegularly(every interval: Duration) async {
    while (try? await Task.sleep(for: interval)) != nil { open() }
  }
}
