/// The random bytes that a beacon has a node sign, fresh for each connection (wire reference, section 3).
public struct ChallengeNonce: FixedSizeBytes {
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

  /// A nonce that nobody has seen before.
  ///
  /// - Parameter generator: For real challenges a secure one, such as `SystemRandomNumberGenerator`.
  public static func random(using generator: inout some RandomNumberGenerator) -> ChallengeNonce {
    ChallengeNonce(storage: FixedBytes(using: &generator))
  }

  private init(storage: FixedBytes<4>) {
    self.storage = storage
  }

  /// The nonce of a text of exactly 64 lower-case hex digits; nil for any other text.
  ///
  /// Upper case is refused: what is signed is the text, and the text that a verifier forms is the lower-case one.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == 2 * Self.byteCount, let bytes = Hex.decode(hex),
      !hex.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) })
    else { return nil }
    storage = FixedBytes(in: bytes.span.raw, at: 0)
  }

  /// The text on the wire: 64 lower-case hex digits.
  public var hex: String { Hex.encode(storage.bytes) }

  /// Lends the 32 bytes to `body`, without a copy.
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(storage.bytes)
  }
}

extension ChallengeNonce: CustomStringConvertible {
  /// The hex text.
  public var description: String { hex }
}
