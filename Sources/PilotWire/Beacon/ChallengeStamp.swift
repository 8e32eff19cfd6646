/// When a challenge was made, and for which kind of Discover: 8 bytes that mean something to the beacon alone. A node sends
/// them back as they are.
public struct ChallengeStamp: Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt64

  /// The stamp with this number.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}
