/// What a node sends to a peer to open its own NAT towards it: `PILP`, and nothing else.
///
/// It names nobody: all it can show is that something came from its source.
public struct Punch: Hashable, Sendable {
  /// A frame to be written.
  public init() {}

  /// Reads a whole frame, magic included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unexpectedMagic`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.punch.check(frame, minimumLength: TunnelMagic.byteCount)
  }
}

extension Punch: FrameEncodable {
  /// 4 bytes.
  public var encodedLength: Int { TunnelMagic.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.punch.rawValue)
  }
}
