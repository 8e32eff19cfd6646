import PilotTesting
import Testing

@testable import PilotTransport

@Suite("MonotonicInstant")
struct MonotonicInstantTests {
  private static func at(_ nanoseconds: UInt64) -> MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds) }

  private static let sums: [(UInt64, Duration, UInt64)] = [
    (0, .zero, 0),
    (5, .nanoseconds(7), 12),
    (5, .nanoseconds(-5), 0),
    (5, .nanoseconds(-6), 0),
    (0, .seconds(-1), 0),
    (1_000_000_000, .milliseconds(-250), 750_000_000),
    (.max, .nanoseconds(1), .max),
    (.max, .nanoseconds(-1), .max - 1),
    (0, .seconds(Int64.max), UInt64(Int64.max)),
    (.max, .seconds(Int64.max), .max),
    (1, .seconds(Int64.min), 0),
  ]

  @Test("adds a duration, and stays at the ends of its range", arguments: sums)
  func advanced(_ start: UInt64, _ duration: Duration, _ end: UInt64) {
    #expect(Self.at(start).advanced(by: duration) == Self.at(end))
  }

  private static let differences: [(UInt64, UInt64, Duration)] = [
    (0, 0, .zero),
    (3, 10, .nanoseconds(7)),
    (10, 3, .nanoseconds(-7)),
    (0, .max, .nanoseconds(Int64.max)),
    (.max, 0, .nanoseconds(-Int64.max)),
  ]

  @Test("measures the time between two, with its sign", arguments: differences)
  func durations(_ start: UInt64, _ end: UInt64, _ duration: Duration) {
    #expect(Self.at(start).duration(to: Self.at(end)) == duration)
  }

  @Test("orders by time")
  func order() {
    #expect(Self.at(1) < Self.at(2))
    #expect(!(Self.at(2) < Self.at(2)))
    #expect(MonotonicInstant.start == Self.at(0))
  }

  @Test("going there and back leads home", arguments: Seeds.all)
  func roundTrip(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<1_000 {
      let start = Self.at(random.next() >> 1)
      let end = Self.at(random.next() >> 1)
      #expect(start.advanced(by: start.duration(to: end)) == end)
    }
  }

  private static let nanoseconds: [(Duration, Int64)] = [
    (.zero, 0), (.nanoseconds(1), 1), (.nanoseconds(-1), -1), (.milliseconds(1_500), 1_500_000_000),
    (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
    (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    (.nanoseconds(Int64.max), .max), (.nanoseconds(Int64.min), .min),
  ]

  @Test("whole nanoseconds of a duration, clamped", arguments: nanoseconds)
  func clampedNanoseconds(_ duration: Duration, _ expected: Int64) {
    #expect(duration.clampedNanoseconds == expected)
  }

  @Test("whole milliseconds of a duration", arguments: [(1_999_999, 1), (999_999, 0), (-1_999_999, -1), (0, 0)])
  func milliseconds(_ nanoseconds: Int, _ expected: Int64) {
    #expect(Duration.nanoseconds(nanoseconds).milliseconds == expected)
  }
}
