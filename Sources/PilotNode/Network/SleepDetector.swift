package import PilotTransport

/// Notices that the machine was asleep, or that this process didn't run: after both, what it knew of its paths is old.
///
/// It goes by two clocks that only go forward: the one that stands still while the machine sleeps, and the one that doesn't.
/// The time of day is none of them, so that nobody who sets it is taken for a sleep. A value without a clock of its own.
package struct SleepDetector: Sendable {
  /// Both clocks at one moment.
  package struct Reading: Sendable, Equatable {
    /// Stands still during sleep.
    package let monotonic: MonotonicInstant
    /// Goes on: CLOCK_BOOTTIME on Linux.
    package let boot: MonotonicInstant

    package init(monotonic: MonotonicInstant, boot: MonotonicInstant) {
      self.monotonic = monotonic
      self.boot = boot
    }
  }

  /// What has happened since the reading before.
  package enum Finding: Sendable, Equatable {
    case nothing
    /// The machine slept for so long.
    case slept(Duration)
    /// The machine was awake, and so long passed without a reading: the process was stopped (SIGSTOP), or starved.
    case stalled(Duration)
  }

  /// A shorter sleep is none: no machine gets to sleep and wakes within it, and two clocks aren't read at the same moment.
  package static let shortestSleep = Duration.seconds(1)

  private let patience: Duration
  private var last: Reading

  /// - Parameters:
  ///   - reading: The first one.
  ///   - patience: How long may pass from one reading to the next. Longer than their usual distance, which decides how soon a
  ///     sleep is noticed: a second or less.
  package init(_ reading: Reading, patience: Duration) {
    last = reading
    self.patience = patience
  }

  /// The clocks now. Whatever happened is told once.
  package mutating func tick(_ reading: Reading) -> Finding {
    let awake = last.monotonic.duration(to: reading.monotonic)
    let all = last.boot.duration(to: reading.boot)
    last = reading
    if all - awake >= Self.shortestSleep { return .slept(all - awake) }
    return awake > patience ? .stalled(awake) : .nothing
  }
}
