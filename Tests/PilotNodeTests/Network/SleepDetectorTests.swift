import PilotTransport
import Testing

@testable import PilotNode

@Suite struct SleepDetectorTests {
  /// Both clocks, which begin at different times.
  struct Clocks {
    var monotonic = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    var boot = MonotonicInstant(nanoseconds: 7_000_000_000_000)

    var reading: SleepDetector.Reading { SleepDetector.Reading(monotonic: monotonic, boot: boot) }

    mutating func run(_ duration: Duration) {
      monotonic = monotonic.advanced(by: duration)
      boot = boot.advanced(by: duration)
    }

    mutating func sleep(_ duration: Duration) { boot = boot.advanced(by: duration) }
  }

  private var clocks = Clocks()
  private var detector: SleepDetector

  init() { detector = SleepDetector(clocks.reading, patience: .seconds(5)) }

  @Test mutating func `an hour's sleep is told once, however soon the next reading comes`() {
    clocks.run(.seconds(1))
    #expect(detector.tick(clocks.reading) == .nothing)
    clocks.run(.milliseconds(400))
    clocks.sleep(.seconds(3_600))
    clocks.run(.milliseconds(600))
    #expect(detector.tick(clocks.reading) == .slept(.seconds(3_600)))
    #expect(detector.tick(clocks.reading) == .nothing)
    clocks.run(.seconds(1))
    #expect(detector.tick(clocks.reading) == .nothing)
  }

  @Test mutating func `a stopped process was not asleep`() {
    clocks.run(.seconds(60))
    #expect(detector.tick(clocks.reading) == .stalled(.seconds(60)))
    clocks.run(.seconds(5))
    #expect(detector.tick(clocks.reading) == .nothing)
  }

  @Test mutating func `who was stopped and slept has slept`() {
    clocks.run(.seconds(60))
    clocks.sleep(.seconds(30))
    #expect(detector.tick(clocks.reading) == .slept(.seconds(30)))
  }

  @Test(arguments: [(0, false), (1, false), (999_999_999, false), (1_000_000_000, true)])
  mutating func `a second is the shortest sleep`(_ nanoseconds: Int, _ isSleep: Bool) {
    clocks.run(.seconds(1))
    clocks.sleep(.nanoseconds(nanoseconds))
    #expect(detector.tick(clocks.reading) == (isSleep ? .slept(.nanoseconds(nanoseconds)) : .nothing))
  }

  @Test mutating func `clocks that are read in an unlucky order say nothing`() {
    // The second clock was read before the first one had gone on.
    clocks.monotonic = clocks.monotonic.advanced(by: .seconds(2))
    #expect(detector.tick(clocks.reading) == .nothing)
  }

  @Test func `this machine's clocks go on together`() {
    let first = SleepDetector.Reading.now()
    var detector = SleepDetector(first, patience: .seconds(60))
    let second = SleepDetector.Reading.now()
    #expect(second.monotonic >= first.monotonic && second.boot >= first.boot)
    #expect(second.boot.nanoseconds > 0)
    #expect(detector.tick(second) == .nothing)
  }
}
