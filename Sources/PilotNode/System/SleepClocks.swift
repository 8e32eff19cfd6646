import PilotTransport

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension SleepDetector.Reading {
  /// Both clocks now: CLOCK_MONOTONIC and CLOCK_BOOTTIME on Linux (clock_gettime(2)), CLOCK_UPTIME_RAW and
  /// CLOCK_MONOTONIC_RAW on Darwin. From any thread.
  ///
  /// A thread that is stopped between the two readings would see a gap where there is none: so the first clock is read again
  /// behind the second one, and all of it anew, three times at most, if too much has passed.
  package static func now() -> SleepDetector.Reading {
    var before = MonotonicInstant.now()
    var boot = bootTime()
    for _ in 0..<3 {
      let after = MonotonicInstant.now()
      if before.duration(to: after) < .milliseconds(100) { break }
      before = MonotonicInstant.now()
      boot = bootTime()
    }
    return SleepDetector.Reading(monotonic: before, boot: boot)
  }

  private static func bootTime() -> MonotonicInstant {
    #if canImport(Darwin)
      return MonotonicInstant(nanoseconds: clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW))
    #else
      var time = timespec()
      // SAFETY: clock_gettime(2) writes one timespec, and knows this clock since Linux 2.6.39.
      unsafe clock_gettime(CLOCK_BOOTTIME, &time)
      return MonotonicInstant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    #endif
  }
}
