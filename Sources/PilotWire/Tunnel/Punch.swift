/// What a node sends to a peer to open its own NAT towards it: `PILP · sender:4`.
public struct Punch: Hashable, Sendable {
  private static let length = TunnelMagic.byteCount + 4

  /// Who sends, by its own account.
  public let sender: NodeID

  /// A frame to be written.
  public init(sender: NodeID) {
    self.sender = sender
  }

  /// Reads a whole frame, magic included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unexpectedMagic`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.punch.check(frame, minimumLength: Self.length)
    sender = try NodeID(in: frame, at: 4)
  }
}

extension Punch: FrameEncodable {
  /// 8 bytes.
  public var encodedLength: Int { Self.length }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.punch.rawValue)
    output.append(bigEndian: sender.rawValue)
  }
}
