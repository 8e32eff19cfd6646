/// A node's signed offer of a session: `PILA · sender:4 · X25519 key:32 · Ed25519 key:32 · signature:64`.
///
/// The signature counts only against the key *known* for the sender, not against the one in the frame.
public struct AuthenticatedKeyExchange: Hashable, Sendable {
  private static let length =
    TunnelMagic.byteCount + 4 + KeyAgreementKey.byteCount + PublicKey.byteCount + Signature.byteCount

  /// Who sends, by its own account.
  public let sender: NodeID
  /// Its key for this run.
  public let agreementKey: KeyAgreementKey
  /// The identity that it says it has.
  public let publicKey: PublicKey
  /// Ed25519 over ``signedBytes(sender:agreementKey:)``. Not verified here.
  public let signature: Signature

  /// A frame to be written.
  public init(sender: NodeID, agreementKey: KeyAgreementKey, publicKey: PublicKey, signature: Signature) {
    self.sender = sender
    self.agreementKey = agreementKey
    self.publicKey = publicKey
    self.signature = signature
  }

  /// Reads a whole frame, magic included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unexpectedMagic`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.authenticatedKeyExchange.check(frame, minimumLength: Self.length)
    sender = try NodeID(in: frame, at: 4)
    agreementKey = KeyAgreementKey(in: frame, at: 8)
    publicKey = PublicKey(in: frame, at: 40)
    signature = Signature(in: frame, at: 72)
  }

  /// The 40 bytes that the sender signs: `auth` in ASCII, the sender as 4 bytes, and the X25519 key (wire reference,
  /// section 4).
  public static func signedBytes(sender: NodeID, agreementKey: KeyAgreementKey) -> [UInt8] {
    [UInt8](rawCapacity: 8 + KeyAgreementKey.byteCount) { output in
      for byte in "auth".utf8 { output.append(byte) }
      output.append(bigEndian: sender.rawValue)
      agreementKey.append(to: &output)
    }
  }
}

extension AuthenticatedKeyExchange: FrameEncodable {
  /// 136 bytes.
  public var encodedLength: Int { Self.length }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.authenticatedKeyExchange.rawValue)
    output.append(bigEndian: sender.rawValue)
    agreementKey.append(to: &output)
    publicKey.append(to: &output)
    signature.append(to: &output)
  }
}
