public import PilotTransport
internal import PilotWire

/// When a challenge was made, and for which kind of Discover: 8 bytes that mean something to the beacon alone.
///
/// The beacon's own monotonic clock, in nanoseconds: no wall clock that can be set back makes an old challenge valid
/// again. The lowest bit tells DiscoverEx from Discover, so that the beacon has nothing to remember in between.
public struct ChallengeStamp: Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt64

  /// The stamp with this number.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The stamp of a challenge made at `now`, which is rounded down to an even nanosecond.
  init(at now: MonotonicInstant, wantsDestination: Bool) {
    rawValue = now.nanoseconds & ~1 | (wantsDestination ? 1 : 0)
  }

  /// When the challenge was made.
  public var issuedAt: MonotonicInstant { MonotonicInstant(nanoseconds: rawValue & ~1) }

  /// Whether it was DiscoverEx that drew the challenge.
  public var wantsDestination: Bool { rawValue & 1 != 0 }
}

/// What a beacon knows its own challenges by: the first 16 bytes of HMAC-SHA256, under a secret of the running beacon,
/// over the node, the timestamp and the endpoint.
public struct ChallengeToken: Hashable, Sendable {
  /// The first 8 bytes, as a number in host order.
  public let high: UInt64
  /// The last 8 bytes, as a number in host order.
  public let low: UInt64

  /// The token of 16 bytes given as two numbers.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Compares without telling, by the time it takes, where the difference is.
  public static func == (left: Self, right: Self) -> Bool {
    (left.high ^ right.high) | (left.low ^ right.low) == 0
  }

  /// The bytes in lower-case hex, 32 digits.
  public var hex: String {
    Hex.padded(String(high, radix: 16), to: 16) + Hex.padded(String(low, radix: 16), to: 16)
  }
}
