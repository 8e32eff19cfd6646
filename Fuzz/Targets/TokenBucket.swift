/// A limit reckoned in another way than the beacon does it: tokens that come with time, where that keeps the instant until
/// which all is paid.
struct TokenBucket {
  private static let token = 1_000_000_000
  /// Beacon's intervals are whole nanoseconds.
  private static let rounding = 1_000_000

  private let perSecond: Int
  private let burst: Int
  private var level: Int
  private var last: UInt64

  /// A full one.
  init(perSecond: Int, burst: Int, at now: UInt64) {
    (self.perSecond, self.burst, last) = (perSecond, burst, now)
    level = burst * Self.token
  }

  /// Takes `cost` tokens, the last ones on credit if there is one at all.
  ///
  /// - Returns: Whether there was one.
  mutating func take(_ cost: Int = 1, at now: UInt64) -> Bool {
    let elapsed = now > last ? min(Int(now - last), 1_000 * Self.token) : 0
    level = min(burst * Self.token, level + elapsed * perSecond)
    last = max(last, now)
    guard level >= Self.token - Self.rounding else { return false }
    level -= cost * Self.token
    return true
  }
}

/// A bucket for each source, or whatever else is limited by itself.
struct TokenBuckets<Key: Hashable> {
  private let perSecond: Int
  private let burst: Int
  private var buckets: [Key: TokenBucket] = [:]

  init(perSecond: Int, burst: Int) {
    (self.perSecond, self.burst) = (perSecond, burst)
  }

  mutating func take(_ key: Key, _ cost: Int = 1, at now: UInt64) -> Bool {
    buckets[key, default: TokenBucket(perSecond: perSecond, burst: burst, at: now)].take(cost, at: now)
  }

  /// Forgets what was taken.
  mutating func refill(_ key: Key) { buckets[key] = nil }
}
