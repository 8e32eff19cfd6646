/// A beacon's first word on a WSS connection: sign this (wire reference, section 3).
public struct AuthChallenge: Hashable, Sendable {
  static let type = "auth_challenge"

  /// The random bytes to sign.
  public let nonce: ChallengeNonce
  /// The beacon's clock, in seconds since 1970-01-01 UTC. Beacons older than v0.2.6 send none.
  public let timestamp: UInt64?

  /// A challenge of these parts.
  public init(nonce: ChallengeNonce, timestamp: UInt64?) {
    self.nonce = nonce
    self.timestamp = timestamp
  }

  /// The message as a text: `{"type":"auth_challenge","nonce":"<64 hex digits>","ts":<seconds>}`.
  public var json: String {
    let time = timestamp.map { ",\"ts\":\($0)" } ?? ""
    return "{\"type\":\"\(Self.type)\",\"nonce\":\"\(nonce.hex)\"\(time)}"
  }

  init(_ object: FlatJSON) throws(WireError) {
    guard let nonce = ChallengeNonce(hex: try object.string("nonce")) else { throw .invalidMember("nonce") }
    self.nonce = nonce
    timestamp = try object.integerIfPresent("ts")
  }
}
