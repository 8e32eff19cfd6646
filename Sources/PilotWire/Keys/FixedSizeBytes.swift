/// A value that is a fixed number of bytes on the wire, and means nothing to those who only carry it: a key, a signature, a
/// nonce. Two are equal when their bytes are; they are compared in the same time wherever they differ.
public protocol FixedSizeBytes: Hashable, Sendable {
  /// The size, in bytes.
  static var byteCount: Int { get }

  /// The value with these bytes.
  ///
  /// - Throws: `WireError.wrongLength` for any other number of bytes than ``byteCount``.
  init(bytes: RawSpan) throws(WireError)

  /// Lends the bytes to `body`, without a copy.
  func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result
}

extension FixedSizeBytes {
  /// A copy of the bytes.
  public var bytes: [UInt8] { withBytes { $0.copied() } }
}

/// A value of a fixed size that stands in JSON as Base64, with the standard alphabet and padding.
public protocol Base64Bytes: FixedSizeBytes, CustomStringConvertible {}

extension Base64Bytes {
  /// The value of a Base64 text; nil for any other text or length.
  public init?(base64: some StringProtocol) {
    guard let bytes = Base64.decode(base64), let value = try? Self(bytes: bytes.span.raw) else { return nil }
    self = value
  }

  /// The text that stands for it in JSON.
  public var base64: String { withBytes { Base64.encode($0) } }

  /// The Base64 text.
  public var description: String { base64 }
}
