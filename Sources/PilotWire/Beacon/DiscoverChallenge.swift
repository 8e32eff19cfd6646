/// A beacon asks a node to prove that it owns the key that its Discover named:
/// `0x0B · node:4 · timestamp:8 · token:16`.
///
/// An extension on a type that the deployed wire leaves free: nodes that don't know it drop it in silence (wire reference,
/// section 2). It is never longer than the Discover with a key that it answers, 37 bytes, and the beacon keeps nothing:
/// the token is what only it can compute, over the node, the timestamp and the address that the challenge goes to.
public struct DiscoverChallenge: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = 29

  /// Who shall prove to be this node.
  public let node: NodeID
  /// When it was made. The node sends it back as it is.
  public let stamp: ChallengeStamp
  /// What the beacon knows it by.
  public let token: ChallengeToken

  /// A message to be written.
  public init(node: NodeID, stamp: ChallengeStamp, token: ChallengeToken) {
    self.node = node
    self.stamp = stamp
    self.token = token
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    self = try Self(in: frame, type: .discoverChallenge, byteCount: Self.byteCount)
  }

  /// The ASCII text that the node signs: `discover-proof:<node>:<timestamp>:<token>:<host>:<port>`, numbers in decimal, the
  /// token in lower-case hex, the host and port that it has dialled the beacon as in their normal form.
  ///
  /// The name is what makes a signature worthless elsewhere: a beacon that passes on another one's challenge gets an answer
  /// with its own name in it.
  public func signedText(naming beacon: BeaconName) -> String {
    "discover-proof:\(node.rawValue):\(stamp.rawValue):\(token.hex):\(beacon)"
  }

  /// The part that challenge and proof have in common.
  init(in frame: RawSpan, type: BeaconMessageType, byteCount: Int) throws(WireError) {
    try type.check(frame, minimumLength: byteCount)
    node = try NodeID(in: frame, at: 1)
    stamp = ChallengeStamp(rawValue: frame.bigEndian(at: 5))
    token = ChallengeToken(high: frame.bigEndian(at: 13), low: frame.bigEndian(at: 21))
  }

  @_lifetime(output: copy output)
  func append(_ type: BeaconMessageType, to output: inout OutputRawSpan) {
    output.append(type.rawValue)
    output.append(bigEndian: node.rawValue)
    output.append(bigEndian: stamp.rawValue)
    output.append(bigEndian: token.high)
    output.append(bigEndian: token.low)
  }
}

extension DiscoverChallenge: FrameEncodable {
  /// 29 bytes.
  public var encodedLength: Int { Self.byteCount }

  /// See `FrameEncodable.append(to:)`.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    append(.discoverChallenge, to: &output)
  }
}
