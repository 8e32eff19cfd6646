/// An encrypted packet: `PILS · sender:4 · nonce:12 · ciphertext · tag:16`.
///
/// Only the format: nothing in it is to be believed before the tag has been verified, not even the sender, which is the
/// additional authenticated data.
public struct SealedFrame: ~Escapable {
  /// The bytes in front of the ciphertext.
  public static let headerLength = TunnelMagic.byteCount + 4 + TunnelNonce.byteCount
  /// The bytes behind the ciphertext.
  public static let tagLength = 16

  /// Who sends, by its own account until the tag has been verified.
  public let sender: NodeID
  /// The nonce that it was sealed with.
  public let nonce: TunnelNonce
  /// The encrypted packet, which may be empty.
  public let ciphertext: RawSpan
  /// The 16 bytes of the AES-GCM tag.
  public let tag: RawSpan

  /// A frame to be written.
  ///
  /// - Throws: `WireError.wrongLength` unless the tag has 16 bytes.
  @_lifetime(copy ciphertext, copy tag)
  public init(sender: NodeID, nonce: TunnelNonce, ciphertext: RawSpan, tag: RawSpan) throws(WireError) {
    guard tag.byteCount == Self.tagLength else {
      throw .wrongLength(expected: Self.tagLength, had: tag.byteCount)
    }
    self.sender = sender
    self.nonce = nonce
    self.ciphertext = ciphertext
    self.tag = tag
  }

  /// Reads a whole frame, magic included.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unexpectedMagic`, `.nodeIDZero`.
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.sealed.check(frame, minimumLength: Self.headerLength + Self.tagLength)
    sender = try NodeID(in: frame, at: 4)
    nonce = TunnelNonce(in: frame, at: 8)
    ciphertext = frame.extracting(droppingFirst: Self.headerLength).extracting(droppingLast: Self.tagLength)
    tag = frame.extracting(last: Self.tagLength)
  }

  /// Appends the 20 bytes in front of the ciphertext; the caller appends that and the tag.
  ///
  /// - Throws: `WireError.noRoom` if the buffer has fewer than 20 bytes left.
  @_lifetime(output: copy output)
  public static func writeHeader(
    sender: NodeID, nonce: TunnelNonce, into output: inout OutputRawSpan
  ) throws(WireError) {
    try output.requireRoom(headerLength)
    appendHeader(sender: sender, nonce: nonce, to: &output)
  }

  @_lifetime(output: copy output)
  private static func appendHeader(sender: NodeID, nonce: TunnelNonce, to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.sealed.rawValue)
    output.append(bigEndian: sender.rawValue)
    nonce.append(to: &output)
  }
}

extension SealedFrame: FrameEncodable {
  /// 36 bytes and the ciphertext.
  public var encodedLength: Int { Self.headerLength + ciphertext.byteCount + Self.tagLength }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    Self.appendHeader(sender: sender, nonce: nonce, to: &output)
    output.append(contentsOf: ciphertext)
    output.append(contentsOf: tag)
  }
}
