/// What tunnel frames carry: a header of 34 bytes and a payload, which is borrowed (wire reference, section 5).
///
/// `version and flags:1 · protocol:1 · payload length:2 · source:6 · destination:6 · source port:2 · destination port:2 ·
/// sequence:4 · acknowledgement:4 · window:2 · CRC-32:4 · payload`
public struct Packet: ~Escapable {
  /// The bytes in front of the payload.
  public static let headerLength = 34
  /// The only version there is.
  public static let version: UInt8 = 1
  /// The longest payload that the length field can express, in bytes. What fits into a frame is less.
  public static let maximumPayloadLength = 65_535

  private static let checksumOffset = 30

  /// What the header says.
  public let header: PacketHeader
  /// The bytes behind it, at most ``maximumPayloadLength``.
  public let payload: RawSpan

  /// A packet to be written.
  ///
  /// - Throws: `WireError.payloadTooLong` for a payload over 65,535 bytes.
  @_lifetime(copy payload)
  public init(header: PacketHeader, payload: RawSpan) throws(WireError) {
    guard payload.byteCount <= Self.maximumPayloadLength else {
      throw .payloadTooLong(limit: Self.maximumPayloadLength, had: payload.byteCount)
    }
    self.header = header
    self.payload = payload
  }

  /// Reads a packet and verifies its version, length and checksum. Bytes behind the payload are ignored.
  ///
  /// - Throws: `WireError.empty`, `.truncated`, `.unsupportedVersion`, `.checksumMismatch`.
  @_lifetime(copy bytes)
  public init(parsing bytes: RawSpan) throws(WireError) {
    guard !bytes.isEmpty else { throw .empty }
    try bytes.require(Self.headerLength)
    let version = bytes.byte(at: 0) >> 4
    guard version == Self.version else { throw .unsupportedVersion(version) }
    let end = Self.headerLength + Int(bytes.bigEndian(at: 2, as: UInt16.self))
    try bytes.require(end)

    let packet = bytes.extracting(first: end)
    let expected = CRC32.checksum(ofPacket: packet)
    let found = packet.bigEndian(at: Self.checksumOffset, as: UInt32.self)
    guard expected == found else { throw .checksumMismatch(expected: expected, found: found) }

    header = PacketHeader(
      flags: PacketFlags(rawValue: packet.byte(at: 0)),
      protocol: PacketProtocol(rawValue: packet.byte(at: 1)),
      source: PilotSocketAddress(address: PilotAddress(in: packet, at: 4), port: packet.bigEndian(at: 16)),
      destination: PilotSocketAddress(address: PilotAddress(in: packet, at: 10), port: packet.bigEndian(at: 18)),
      sequence: packet.bigEndian(at: 20),
      acknowledgement: packet.bigEndian(at: 24),
      window: packet.bigEndian(at: 28))
    payload = packet.extracting(droppingFirst: Self.headerLength)
  }
}

extension Packet: FrameEncodable {
  /// 34 bytes and the payload.
  public var encodedLength: Int { Self.headerLength + payload.byteCount }

  /// See ``FrameEncodable/append(to:)``. Computes the checksum.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    let start = output.byteCount
    output.append(Self.version << 4 | header.flags.rawValue)
    output.append(header.protocol.rawValue)
    output.append(bigEndian: UInt16(payload.byteCount))
    header.source.address.append(to: &output)
    header.destination.address.append(to: &output)
    output.append(bigEndian: header.source.port)
    output.append(bigEndian: header.destination.port)
    output.append(bigEndian: header.sequence)
    output.append(bigEndian: header.acknowledgement)
    output.append(bigEndian: header.window)

    output.append(bigEndian: UInt32(0))
    output.append(contentsOf: payload)
    let checksum = CRC32.checksum(ofPacket: output.bytes.extracting(droppingFirst: start))
    var bytes = output.mutableBytes
    bytes.storeBytes(of: checksum.bigEndian, toByteOffset: start + Self.checksumOffset, as: UInt32.self)
  }
}
