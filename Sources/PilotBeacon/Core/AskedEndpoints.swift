internal import PilotTransport
internal import PilotWire

/// Which endpoints have been asked for a sign lately, and for which node: 32,768 places of 24 bytes in sets of 4, found by the
/// endpoint's keyed hash. A newcomer takes the oldest's place; who is pushed out is asked again at the next Discover.
struct AskedEndpoints: Sendable {
  private struct Entry: Sendable, BitwiseCopyable {
    /// The endpoint's hash.
    var tag: UInt64 = 0
    /// 0 for an empty place.
    var node: UInt32 = 0
    var askedAt: UInt64 = 0
  }

  private static let sets = 8_192
  private static let ways = 4

  private let hash: KeyedHash
  private var entries = [Entry](repeating: Entry(), count: AskedEndpoints.sets * AskedEndpoints.ways)

  /// - Parameter seed: unknown to whoever chooses the endpoints.
  init(seed: UInt64) {
    hash = KeyedHash(seed: seed)
  }

  /// This endpoint is asked now. The same one for several nodes: each has an entry of its own.
  mutating func note(_ node: NodeID, at endpoint: Endpoint, now: UInt64) {
    let (tag, set) = place(of: endpoint)
    var target = set.lowerBound
    for index in set {
      if entries[index].tag == tag, entries[index].node == node.rawValue {
        target = index
        break
      }
      if entries[index].askedAt < entries[target].askedAt { target = index }
    }
    entries[target] = Entry(tag: tag, node: node.rawValue, askedAt: now)
  }

  /// A sign has come from this endpoint: takes out a node that it was asked for within `timeout`; nil if there is none left.
  mutating func take(_ endpoint: Endpoint, at now: UInt64, timeout: UInt64) -> NodeID? {
    let (tag, set) = place(of: endpoint)
    for index in set where entries[index].tag == tag && entries[index].node != 0 {
      defer { entries[index] = Entry() }
      if now.since(entries[index].askedAt) <= timeout { return NodeID(entries[index].node) }
    }
    return nil
  }

  private func place(of endpoint: Endpoint) -> (tag: UInt64, set: Range<Int>) {
    let tag = hash(hash(endpoint.high, endpoint.low), UInt64(endpoint.scope) << 16 | UInt64(endpoint.port))
    let first = Int(tag % UInt64(Self.sets)) * Self.ways
    return (tag, first..<first + Self.ways)
  }
}
