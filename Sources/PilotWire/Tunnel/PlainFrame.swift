/// A packet in the clear, for where encryption is off: `PILT · packet`.
public struct PlainFrame: ~Escapable {
  /// The bytes in front of the packet.
  public static let headerLength = TunnelMagic.byteCount

  /// The packet, not yet checked. ``Packet/init(parsing:)`` reads it.
  public let packet: RawSpan

  /// A frame to be written.
  @_lifetime(copy packet)
  public init(packet: RawSpan) {
    self.packet = packet
  }

  /// Reads a whole frame, magic included.
  ///
  /// - Throws: `WireError.empty`, `.truncated` (also when what follows is shorter than a packet's header),
  ///   `.unexpectedMagic`.
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try TunnelMagic.plain.check(frame, minimumLength: Self.headerLength + Packet.headerLength)
    packet = frame.extracting(droppingFirst: Self.headerLength)
  }
}

extension PlainFrame: FrameEncodable {
  /// 4 bytes and the packet.
  public var encodedLength: Int { Self.headerLength + packet.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(bigEndian: TunnelMagic.plain.rawValue)
    output.append(contentsOf: packet)
  }
}
