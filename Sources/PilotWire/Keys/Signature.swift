/// An Ed25519 signature (RFC 8032). Any 64 bytes; nothing here verifies it.
public struct Signature: Base64Bytes {
  /// The size, in bytes.
  public static let byteCount = 64

  private let storage: FixedBytes<8>

  /// The 64 bytes of `bytes`.
  ///
  /// - Throws: `WireError.wrongLength` for any other number of bytes.
  public init(bytes: RawSpan) throws(WireError) {
    storage = try FixedBytes(exactly: bytes)
  }

  /// The 64 bytes at `offset` of a frame that is long enough for them.
  init(in frame: RawSpan, at offset: Int) {
    storage = FixedBytes(in: frame, at: offset)
  }

  /// Lends the 64 bytes to `body`, without a copy.
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
