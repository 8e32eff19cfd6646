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
