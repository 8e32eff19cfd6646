/// A tunnel frame on its way to a node through a beacon: `0x05 · sender:4 · destination:4 · payload`.
///
/// It borrows the payload from the frame. The sender is what the frame claims: a beacon has to hold it against what it
/// knows of the connection.
@frozen
public struct Relay: ~Escapable {
  /// The bytes in front of the payload, type included.
  public static var headerLength: Int {
    @inlinable get { RelayHeader.length }
  }

  /// Who sends, by its own account.
  public let sender: NodeID
  /// Who shall get the payload.
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
    let header = try RelayHeader(of: .relay, in: frame)
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
    try RelayHeader(sender: sender, destination: destination).write(.relay, into: &output)
  }
}

extension Relay {
  /// The whole frame that takes a payload to a node: for whoever has the payload as an array.
  public static func encoded(sender: NodeID, destination: NodeID, payload: [UInt8]) -> [UInt8] {
    Relay(sender: sender, destination: destination, payload: payload.span.raw).encoded()
  }
}

extension Relay: FrameEncodable {
  /// 9 bytes and the payload.
  @inlinable
  public var encodedLength: Int { Self.headerLength + payload.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @inlinable
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    RelayHeader(sender: sender, destination: destination).append(.relay, to: &output)
    output.append(contentsOf: payload)
  }
}
