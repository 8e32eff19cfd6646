import PilotTransport
import Testing

@Suite("The monotonic clock")
struct MonotonicClockTests {
  @Test("time goes forward, and a sleep lasts at least as long as it was asked to")
  func sleeping() async throws {
    let clock = MonotonicClock()
    let before = clock.now
    try await clock.sleep(until: before.advanced(by: .milliseconds(5)))
    #expect(before.duration(to: .now()) >= .milliseconds(5))
  }

  @Test("a deadline in the past doesn't wait, and a cancelled task doesn't sleep", .timeLimit(.minutes(1)))
  func notSleeping() async throws {
    let clock = MonotonicClock()
    try await clock.sleep(until: .start)
    let sleeper = Task { try await clock.sleep(until: clock.now.advanced(by: .seconds(3600))) }
    sleeper.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
  }
}
