import PilotTesting
import PilotTransport
import Synchronization
import Testing

@Suite("ManualClock")
struct ManualClockTests {
  @Test("stands still until it is advanced")
  func stands() {
    let clock = ManualClock(now: MonotonicInstant(nanoseconds: 7))
    #expect(clock.now == MonotonicInstant(nanoseconds: 7))
    clock.advance(by: .seconds(3))
    clock.advance(by: .seconds(-9))
    clock.advance(by: .zero)
    #expect(clock.now == MonotonicInstant(nanoseconds: 3_000_000_007))
  }

  @Test("a sleep into the past or of no length does not wait", arguments: [Duration.zero, .seconds(-1)])
  func past(_ duration: Duration) async throws {
    let clock = ManualClock(now: MonotonicInstant(nanoseconds: 5_000_000_000))
    try await clock.sleep(for: duration)
    #expect(clock.sleeperCount == 0)
  }

  @Test("wakes who is due, and leaves the others asleep")
  func wakes() async throws {
    let clock = ManualClock()
    let short = Task { try await clock.sleep(for: .seconds(1)) }
    let long = Task { try await clock.sleep(for: .seconds(2)) }
    await clock.sleepers(atLeast: 2)
    #expect(clock.nextDeadline == MonotonicInstant(nanoseconds: 1_000_000_000))
    clock.advance(by: .milliseconds(999))
    #expect(clock.sleeperCount == 2)
    clock.advance(by: .milliseconds(1))
    #expect(clock.sleeperCount == 1)
    try await short.value
    clock.advance(by: .seconds(60))
    try await long.value
    #expect(clock.nextDeadline == nil)
  }

  @Test("a cancelled sleep ends with CancellationError", arguments: [0, 1, 10, 100])
  func cancels(_ yields: Int) async {
    let clock = ManualClock()
    let task = Task { try await clock.sleep(for: .seconds(1)) }
    for _ in 0..<yields { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(clock.sleeperCount == 0)
  }

  @Test("a cancelled sleep leaves others asleep, to be woken in time")
  func cancelsOne() async throws {
    let clock = ManualClock()
    let cancelled = Task { try await clock.sleep(for: .seconds(1)) }
    let other = Task { try await clock.sleep(for: .seconds(1)) }
    await clock.sleepers(atLeast: 2)
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    #expect(clock.sleeperCount == 1)
    clock.advance(by: .seconds(1))
    try await other.value
  }

  @Test("waiting for sleepers ends as soon as there are enough")
  func sleepers() async {
    let clock = ManualClock()
    await clock.sleepers(atLeast: 0)
    let told = Task { await clock.sleepers(atLeast: 3) }
    let tasks = (0..<3).map { second in Task { try await clock.sleep(for: .seconds(second + 1)) } }
    await told.value
    #expect(clock.sleeperCount == 3)
    for task in tasks { task.cancel() }
  }

  @Test("waiting for sleepers ends when its task is cancelled", arguments: [0, 1, 10, 100])
  func cancelledWatcher(_ yields: Int) async {
    let clock = ManualClock()
    let task = Task { await clock.sleepers(atLeast: 1) }
    for _ in 0..<yields { await Task.yield() }
    task.cancel()
    await task.value
  }

  @Test("drives a loop that sleeps between its rounds")
  func loop() async throws {
    let clock = ManualClock()
    let task = Task {
      var rounds: [MonotonicInstant] = []
      for _ in 0..<5 {
        try await clock.sleep(for: .seconds(30))
        rounds.append(clock.now)
      }
      return rounds
    }
    for _ in 0..<5 {
      await clock.sleepers(atLeast: 1)
      clock.advance(by: .seconds(30))
    }
    #expect(try await task.value == (1...5).map { MonotonicInstant.start.advanced(by: .seconds(30 * $0)) })
  }
}
