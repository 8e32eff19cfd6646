#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The time of day, for what other machines have signed with theirs.
enum WallClock {
  /// Seconds since 1970-01-01 UTC (time(2)); 0 before that.
  @Sendable static func now() -> UInt64 { UInt64(clamping: time(nil)) }
}
