public import PilotWire

/// A received frame, lent: it lives until its ``Receiver`` is asked for the next one, and the compiler sees to that.
///
/// To keep what is in it, copy the bytes. The frame itself can't be copied, so that the compiler sees its last use: after
/// that, also within one scope, the receiver is free for the next one.
public struct Frame: ~Copyable, ~Escapable {
  /// The datagram's bytes, possibly none.
  public let bytes: RawSpan
  /// Who sent it: the peer's address over UDP, `Endpoint.compatBeacon` over WSS.
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
