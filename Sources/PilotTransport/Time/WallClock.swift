#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The time of day, for what other machines have signed or dated with theirs.
package enum WallClock {
  /// Seconds since 1970-01-01 UTC (time(2)); 0 before that.
  @Sendable package static func unixTime() -> UInt64 { UInt64(clamping: time(nil)) }

  /// Nanoseconds since 1970-01-01 UTC (clock_gettime(2)); 0 before that.
  package static func nanoseconds() -> UInt64 {
    var time = timespec()
    // SAFETY: clock_gettime(2) writes one timespec, and knows this clock on every system.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    guard time.tv_sec >= 0 else { return 0 }
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
