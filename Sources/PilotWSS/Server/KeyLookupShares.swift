import PilotTransport
import PilotWire
import Synchronization

/// Bounds how many keys are being looked up at once for those who come from one source, so that a stranger who names one node
/// after the other takes a few places from the others and no more.
///
/// A source is an IPv4 address or an IPv6 site (/64). This machine itself is none: behind 127.0.0.1 and ::1 is whoever a
/// reverse proxy speaks for. Neither is a node whose key is at hand, even if it is to be confirmed. As large as the number of
/// connections that authenticate.
///
/// How lookups share what a directory asks for in all, a /48 of such sites among them, is the directory's
/// (`PilotIdentity.KeyDirectory.publicKey(of:for:)`): this bounds what one address can have open there.
final class KeyLookupShares: Sendable {
  /// Lookups at once for one source.
  static let perSource = 4

  private let underWay = Mutex<[SourceKey: Int]>([:])

  /// - Returns: Whether a lookup may begin; ``end(for:)`` is due then.
  func begin(for remote: Endpoint) -> Bool {
    if remote.isThisMachine { return true }
    let source = SourceKey(ofConnectionsFrom: remote)
    return underWay.withLock { underWay in
      let count = underWay[source, default: 0]
      guard count < Self.perSource else { return false }
      underWay[source] = count + 1
      return true
    }
  }

  /// A lookup has ended.
  func end(for remote: Endpoint) {
    if remote.isThisMachine { return }
    let source = SourceKey(ofConnectionsFrom: remote)
    underWay.withLock { underWay in
      let count = underWay[source, default: 1] - 1
      underWay[source] = count > 0 ? count : nil
    }
  }

  /// Sources with lookups under way.
  var sources: Int { underWay.withLock { $0.count } }
}
