/// A relayed tunnel frame at the end of its way: `0x06 · sender:4 · payload`.
///
/// It borrows the payload from the frame.
@frozen
public struct RelayDeliver: ~Escapable {
  /// The bytes in front of the payload, type included.
  public static var headerLength: Int {
    @inlinable get { 5 }
  }

  /// Who sent it, as far as the beacon knows.
  public let sender: NodeID
  /// The tunnel frame, which may be empty.
  public let payload: RawSpan

  /// A message to be written.
  @inlinable
  @_lifetime(copy payload)
  public init(sender: NodeID, payload: RawSpan) {
    self.sender = sender
    self.payload = payload
  }

  /// Reads a whole frame, type byte included.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  @inlinable
  @inline(__always)
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.relayDeliver.check(frame, minimumLength: Self.headerLength)
    sender = try NodeID(in: frame, at: 1)
    payload = frame.extracting(droppingFirst: Self.headerLength)
  }

  /// Appends the 5 bytes in front of the payload, which the caller appends.
  ///
  /// - Throws: `WireError.noRoom` if the buffer has fewer than 5 bytes left.
  @inlinable
  @_lifetime(output: copy output)
  public static func writeHeader(sender: NodeID, into output: inout OutputRawSpan) throws(WireError) {
    try output.requireRoom(headerLength)
    appendHeader(sender: sender, to: &output)
  }

  @inlinable
  @_lifetime(output: copy output)
  static func appendHeader(sender: NodeID, to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.relayDeliver.rawValue)
    output.append(bigEndian: sender.rawValue)
  }
}

extension RelayDeliver: FrameEncodable {
  /// 5 bytes and the payload.
  @inlinable
  public var encodedLength: Int { Self.headerLength + payload.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @inlinable
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    Self.appendHeader(sender: sender, to: &output)
    output.append(contentsOf: payload)
  }
}
