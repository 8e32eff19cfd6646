#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
package import PilotTransport

extension WallClock {
  /// A time, in seconds since 1970, as people read it: `2020-01-01T00:00:00Z`.
  package static func text(_ unixTime: Int) -> String {
    Date(timeIntervalSince1970: Double(unixTime)).formatted(.iso8601)
  }
}
