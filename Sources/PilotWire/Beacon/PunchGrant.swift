/// A node's signed leave for another one to have a beacon send it a punch command: `expiry:8 · signature:64`.
public struct PunchGrant: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = 8 + Signature.byteCount

  /// When it ends, in seconds since 1970-01-01 UTC.
  public let expiry: UInt64
  /// The target's Ed25519 signature over ``signedText(requester:target:expiry:)``. Not verified here.
  public let signature: Signature

  /// A grant of these parts.
  public init(expiry: UInt64, signature: Signature) {
    self.expiry = expiry
    self.signature = signature
  }

  /// The ASCII text that the target signs: `punch-grant:<requester>:<target>:<expiry>`, in decimal (wire reference,
  /// section 2).
  public static func signedText(requester: NodeID, target: NodeID, expiry: UInt64) -> String {
    "punch-grant:\(requester.rawValue):\(target.rawValue):\(expiry)"
  }

  /// The grant at `offset` of a frame that is long enough for it.
  init(in frame: RawSpan, at offset: Int) {
    expiry = frame.bigEndian(at: offset)
    signature = Signature(in: frame, at: offset + 8)
  }

  @_lifetime(output: copy output)
  func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: expiry)
    signature.append(to: &output)
  }
}
