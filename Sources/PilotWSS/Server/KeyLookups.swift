import PilotWire
import Synchronization

/// Bounds how many keys are being looked up at once for those who come from one source, so that a stranger who names one node
/// after the other takes a few places from the others and no more.
///
/// A source is an IPv4 address or an IPv6 site (/64). This machine itself is none: behind 127.0.0.1 and ::1 is whoever a
/// reverse proxy speaks for. As large as the number of connections that authenticate.
final class KeyLookups: Sendable {
  private struct Source: Hashable {
    let high: UInt64
    let low: UInt64

    /// nil for this machine.
    init?(_ remote: Endpoint) {
      if remote.ipv4Address == 0x7F00_0001 || remote.high == 0 && remote.low == 1 { return nil }
      high = remote.high
      low = remote.isIPv4 ? remote.low : 0
    }
  }

  /// Lookups at once for one source.
  static let perSource = 4

  private let underWay = Mutex<[Source: Int]>([:])

  /// - Returns: Whether a lookup may begin; ``end(for:)`` is due then.
  func begin(for remote: Endpoint) -> Bool {
    guard let source = Source(remote) else { return true }
    return underWay.withLock { underWay in
      let count = underWay[source, default: 0]
      guard count < Self.perSource else { return false }
      underWay[source] = count + 1
      return true
    }
  }

  /// A lookup has ended.
  func end(for remote: Endpoint) {
    guard let source = Source(remote) else { return }
    underWay.withLock { underWay in
      let count = underWay[source, default: 1] - 1
      underWay[source] = count > 0 ? count : nil
    }
  }

  /// Sources with lookups under way.
  var sources: Int { underWay.withLock { $0.count } }
}
