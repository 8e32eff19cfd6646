public import PilotWire

/// A received frame, lent: it lives until its ``Receiver`` is asked for the next one, and the compiler sees to that.
///
/// To keep what is in it, copy the bytes. The frame itself can't be copied, so that the compiler sees its last use: after
/// that, also within one scope, the receiver is free for the next one.
public struct Frame: ~Copyable, ~Escapable {
  /// The datagram's bytes, possibly none.
  public let bytes: RawSpan
  /// Who sent it: the peer's address over UDP, `Endpoint.wssBeacon` over WSS.
  public let source: Endpoint
  /// Which address of this machine it was written to: where an answer is to leave from.
  public let local: LocalAddress

  /// Puts borrowed bytes together with where they came from, and to which address.
  @inlinable
  @_lifetime(copy bytes)
  public init(bytes: RawSpan, source: Endpoint, local: LocalAddress = .any) {
    self.bytes = bytes
    self.source = source
    self.local = local
  }

  /// A copy of the bytes.
  public var copiedBytes: [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
  }
}
