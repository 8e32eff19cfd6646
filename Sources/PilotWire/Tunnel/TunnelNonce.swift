/// The nonce of a sealed frame: `prefix:4 · counter:8`.
///
/// The sender draws the prefix anew whenever it derives a session; the counter starts at 1 and only grows (wire reference,
/// section 4).
public struct TunnelNonce: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = 12

  /// Which half of which session this is.
  public let prefix: UInt32
  /// Which frame of it this is.
  public let counter: UInt64

  /// A nonce of these parts.
  public init(prefix: UInt32, counter: UInt64) {
    self.prefix = prefix
    self.counter = counter
  }

  /// The nonce at `offset` of a frame that is long enough for it.
  init(in frame: RawSpan, at offset: Int) {
    prefix = frame.bigEndian(at: offset)
    counter = frame.bigEndian(at: offset + 4)
  }

  /// Appends the 12 bytes.
  ///
  /// - Precondition: there is room for them.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: prefix)
    output.append(bigEndian: counter)
  }
}
