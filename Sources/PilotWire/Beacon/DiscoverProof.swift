/// A node proves to be who its Discover said, from where it said it:
/// `0x0C · node:4 · timestamp:8 · token:16 · signature:64`.
public struct DiscoverProof: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = DiscoverChallenge.byteCount + Signature.byteCount

  /// The challenge that it answers, sent back unchanged.
  public let challenge: DiscoverChallenge
  /// The node's Ed25519 signature over ``DiscoverChallenge/signedText``. Not verified here.
  public let signature: Signature

  /// A message to be written.
  public init(challenge: DiscoverChallenge, signature: Signature) {
    self.challenge = challenge
    self.signature = signature
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    challenge = try DiscoverChallenge(in: frame, type: .discoverProof, byteCount: Self.byteCount)
    signature = try Signature(bytes: frame.extracting(DiscoverChallenge.byteCount..<Self.byteCount))
  }
}

extension DiscoverProof: FrameEncodable {
  /// 93 bytes.
  public var encodedLength: Int { Self.byteCount }

  /// See `FrameEncodable.append(to:)`.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    challenge.append(.discoverProof, to: &output)
    signature.withBytes { bytes in output.append(contentsOf: bytes) }
  }
}
