#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The time of day, for what a peer gives as a date.
enum WallClock {
  /// Seconds since 1970.
  static func unixTime() -> Int { Int(time(nil)) }
}
