import PilotTransport

/// How much of its nodes' coming and going a beacon writes to etcd: all of it stays in etcd's history for some minutes, and strangers
/// who come and go without end would fill etcd's disk with that.
///
/// What has to wait is written once, as it is then, so that the wait has a bound, too: that of writing all buckets.
struct EtcdPace: Sendable {
  /// Bytes a second: 379 keys of a beacon with 500,000 nodes, 1,200 of one with 5,000.
  static let bytesPerSecond = 262_144
  /// Bytes at once: three times all keys of a beacon with 500,000 nodes.
  static let burst = 8 << 20
  /// What a key costs beside its value, in bytes. With it etcd 3.4.23 was seen to take what a key costs, or less, for values of up to 500
  /// bytes, and twice that at most for longer ones, of which one or two fit a page.
  static let overhead = 200

  private var limit = RateLimit(perSecond: bytesPerSecond, burst: burst)

  /// What writing the key of a bucket costs, in bytes.
  static func cost(of nodes: PresenceBucket) -> Int { (nodes.isEmpty ? 0 : nodes.encodedLength) + overhead }

  /// Whether the key of a bucket may be written now; if so, it has been.
  mutating func admits(_ nodes: PresenceBucket, at now: MonotonicInstant) -> Bool {
    limit.admits(Self.cost(of: nodes), at: now.nanoseconds)
  }
}
