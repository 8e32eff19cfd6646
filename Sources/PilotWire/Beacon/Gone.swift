/// A beacon tells a node that the destination of its Relay isn't here: `0x0D · destination:4 · reason:1`.
///
/// An extension on a type that the deployed wire leaves free: nodes that don't know it drop it in silence (wire reference,
/// section 2). It is sent only to a node that has shown that it knows it, and is shorter than the Relay that draws it.
public struct Gone: Hashable, Sendable {
  /// Why a destination isn't here. Values other than ``hasJustGone`` are for later, and to be taken for ``notAttached``.
  public struct Reason: RawRepresentable, Hashable, Sendable {
    /// It isn't attached to this beacon.
    public static let notAttached = Reason(rawValue: 1)
    /// It was, less than a minute ago.
    public static let hasJustGone = Reason(rawValue: 2)

    /// As on the wire.
    public let rawValue: UInt8

    /// Any value, known or not.
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }
  }

  /// The size, in bytes.
  public static let byteCount = 6

  /// Who isn't here.
  public let destination: NodeID
  /// Why.
  public let reason: Reason

  /// A message to be written.
  public init(destination: NodeID, reason: Reason) {
    self.destination = destination
    self.reason = reason
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.gone.check(frame, minimumLength: Self.byteCount)
    destination = try NodeID(in: frame, at: 1)
    reason = Reason(rawValue: frame.byte(at: 5))
  }
}

extension Gone: FrameEncodable {
  /// 6 bytes.
  public var encodedLength: Int { Self.byteCount }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.gone.rawValue)
    output.append(bigEndian: destination.rawValue)
    output.append(reason.rawValue)
  }
}
