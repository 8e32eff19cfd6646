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
}
