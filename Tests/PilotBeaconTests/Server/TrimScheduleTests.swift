import Testing

@testable import PilotBeacon

/// When memory goes back to the system.
struct TrimScheduleTests {
  @Test func onceAfterMuchWasGivenBackAndNothingMoreComes() {
    var schedule = TrimSchedule()
    let much = TrimSchedule.worthwhile
    let due = [0, 100, 100, much, 3 * much, 3 * much, 3 * much, 3 * much + 5, 3 * much + 5, 5 * much, 5 * much]
      .map { schedule.isDue($0) }
    #expect(due == [false, false, false, false, false, true, false, false, false, false, true])
  }

  @Test func trimmingAnyHeapIsNoFault() {
    Heap.trim()
  }
}
