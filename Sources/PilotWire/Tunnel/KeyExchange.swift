/// A node's offer of a session, which nobody vouches for: `PILK · sender:4 · X25519 key:32`.
public struct KeyExchange: Hashable, Sendable {
  private static let length = TunnelMagic.byteCount + 4 + KeyAgreementKey.byteCount

  /// Who sends, by its own account.
  public let sender: NodeID
  /// Its key for this run.
  public let agreementKey: KeyAgreementKey

  /// A frame to be written.
  public init(sender: NodeID, agreementKey: KeyAgreementKey) {
    self.sender = sender
    self.agreementKey = agreementKey
  }

  /// Reads a whole frame, magic included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unexpectedMagic`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.keyExchange.check(frame, minimumLength: Self.length)
    sender = try NodeID(in: frame, at: 4)
    agreementKey = KeyAgreementKey(in: frame, at: 8)
  }
}

extension KeyExchange: FrameEncodable {
  /// 40 bytes.
  public var encodedLength: Int { Self.length }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.keyExchange.rawValue)
    output.append(bigEndian: sender.rawValue)
    agreementKey.append(to: &output)
  }
}
