public import PilotWire

/// A received frame, lent: it lives until its ``Receiver`` is asked for the next one, and the compiler sees to that.
///
/// To keep what is in it, copy the bytes.
public struct Frame: ~Escapable {
  /// The datagram's bytes, possibly none.
  public let bytes: RawSpan
  /// Who sent it: the peer's address over UDP, ``PilotWire/Endpoint/compatBeacon`` over WSS.
  public let source: Endpoint

  /// Pairs borrowed bytes with their source.
  @inlinable
  @_lifetime(copy bytes)
  public init(bytes: RawSpan, source: Endpoint) {
    self.bytes = bytes
    self.source = source
  }

  /// A copy of the bytes.
  public var copiedBytes: [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
  }
}
