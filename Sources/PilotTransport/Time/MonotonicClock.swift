#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The clock that only goes forward, and stands still while the machine sleeps: CLOCK_MONOTONIC on Linux
/// (clock_gettime(2)), CLOCK_UPTIME_RAW on Darwin. Event loops of SwiftNIO go by the same one.
///
/// Who drives a state machine reads it here and passes the instant in. A test passes `ManualClock` from PilotTesting.
public struct MonotonicClock: Clock {
  /// Makes the clock. All of them show the same time.
  public init() {}

  /// The time now. From any thread; costs one reading of the system's clock.
  public var now: MonotonicInstant { .now() }

  /// One nanosecond, what an instant can tell apart.
  public var minimumResolution: Duration { .nanoseconds(1) }

  /// Sleeps until the deadline; one in the past doesn't wait.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, before or while it sleeps.
  public func sleep(until deadline: MonotonicInstant, tolerance: Duration? = nil) async throws {
    try await Task.sleep(for: now.duration(to: deadline), tolerance: tolerance, clock: .suspending)
  }
}

extension MonotonicInstant {
  /// The time now on the ``MonotonicClock``. From any thread.
  public static func now() -> MonotonicInstant {
    #if canImport(Darwin)
      return MonotonicInstant(nanoseconds: clock_gettime_nsec_np(CLOCK_UPTIME_RAW))
    #else
      var time = timespec()
      // SAFETY: clock_gettime(2) writes one timespec, and knows this clock on every system that has it.
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return MonotonicInstant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    #endif
  }
}
