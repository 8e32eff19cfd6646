#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The time of day, for what a peer gives as a date.
enum WallClock {
  /// Seconds since 1970.
  static func unixTime() -> Int { Int(Date().timeIntervalSince1970) }

  /// A time as people read it: `2020-01-01T00:00:00Z`.
  static func text(_ unixTime: Int) -> String {
    Date(timeIntervalSince1970: Double(unixTime)).formatted(.iso8601)
  }
}
