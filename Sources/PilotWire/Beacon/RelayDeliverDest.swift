/// A relayed tunnel frame at the end of its way, for an endpoint that asked with ``Discover/wantsDestination`` to be told which of its nodes
/// it is for: `0x09 · sender:4 · destination:4 · payload`.
///
/// It borrows the payload from the frame.
@frozen
public struct RelayDeliverDest: ~Escapable {
  /// The bytes in front of the payload, type included.
  public static var headerLength: Int {
    @inlinable get { RelayHeader.length }
  }

  /// Who sent it, as far as the beacon knows.
  public let sender: NodeID
  /// Which of the nodes at this endpoint it is for.
  public let destination: NodeID
  /// The tunnel frame, which may be empty.
  public let payload: RawSpan

  /// A message to be written.
  @inlinable
  @_lifetime(copy payload)
  public init(sender: NodeID, destination: NodeID, payload: RawSpan) {
    self.sender = sender
    self.destination = destination
    self.payload = payload
  }

  /// Reads a whole frame, type byte included.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  @inlinable
  @_lifetime(copy frame)
  public init(parsing frame: RawSpan) throws(WireError) {
    let header = try RelayHeader(of: .relayDeliverDest, in: frame)
    sender = header.sender
    destination = header.destination
    payload = frame.extracting(droppingFirst: Self.headerLength)
  }

  /// Appends the 9 bytes in front of the payload, which the caller appends.
  ///
  /// - Throws: `WireError.noRoom` if the buffer has fewer than 9 bytes left.
  @inlinable
  @_lifetime(output: copy output)
  public static func writeHeader(
    sender: NodeID, destination: NodeID, into output: inout OutputRawSpan
  ) throws(WireError) {
    try RelayHeader(sender: sender, destination: destination).write(.relayDeliverDest, into: &output)
  }
}

extension RelayDeliverDest: FrameEncodable {
  /// 9 bytes and the payload.
  @inlinable
  public var encodedLength: Int { Self.headerLength + payload.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @inlinable
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    RelayHeader(sender: sender, destination: destination).append(.relayDeliverDest, to: &output)
    output.append(contentsOf: payload)
  }
}
