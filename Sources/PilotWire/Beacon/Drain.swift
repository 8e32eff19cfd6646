/// A beacon tells a node over UDP that it is about to end, and when somebody answers at its address again:
/// `0x0E · node:4 · from:4 · until:4`, both in milliseconds.
///
/// An extension on a type that the deployed wire leaves free: nodes that don't know it drop it in silence (wire reference,
/// section 2). It is sent only to a node that has proven to be where it goes. Whoever can forge the beacon's address can forge
/// it, so a reader lets it cause a question or an announcement, and never a move.
public struct Drain: Hashable, Sendable {
  /// The size, in bytes.
  public static let byteCount = 13

  /// Whom it is for.
  public let node: NodeID
  /// When the node is to announce itself again.
  public let comeBack: ReturnSpan

  /// A message to be written.
  public init(node: NodeID, comeBack: ReturnSpan) {
    self.node = node
    self.comeBack = comeBack
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`, `.returnSpan`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.drain.check(frame, minimumLength: Self.byteCount)
    node = try NodeID(in: frame, at: 1)
    let (from, until): (UInt32, UInt32) = (frame.bigEndian(at: 5), frame.bigEndian(at: 9))
    guard let comeBack = ReturnSpan(from: from, until: until) else { throw .returnSpan(from: from, until: until) }
    self.comeBack = comeBack
  }
}

extension Drain: FrameEncodable {
  /// 13 bytes.
  public var encodedLength: Int { Self.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.drain.rawValue)
    output.append(bigEndian: node.rawValue)
    output.append(bigEndian: comeBack.from)
    output.append(bigEndian: comeBack.until)
  }
}
