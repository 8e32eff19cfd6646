/// An X25519 public key (RFC 7748), which a node makes for one run and sends in a key exchange (wire reference, section 4).
/// Any 32 bytes.
public struct KeyAgreementKey: Base64Bytes {
  /// The size, in bytes.
  public static let byteCount = 32

  private let storage: FixedBytes<4>

  /// The 32 bytes of `bytes`.
  ///
  /// - Throws: `WireError.wrongLength` for any other number of bytes.
  public init(bytes: RawSpan) throws(WireError) {
    storage = try FixedBytes(exactly: bytes)
  }

  /// The 32 bytes at `offset` of a frame that is long enough for them.
  init(in frame: RawSpan, at offset: Int) {
    storage = FixedBytes(in: frame, at: offset)
  }

  /// Lends the 32 bytes to `body`, without a copy.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(storage.bytes)
  }

  /// Appends the bytes to a frame that has room for them.
  @_lifetime(output: copy output)
  func append(to output: inout OutputRawSpan) {
    output.append(contentsOf: storage.bytes)
  }
}
