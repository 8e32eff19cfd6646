/// A node asks a beacon to bring it and another node together: `0x03 · requester:4 · target:4 · [expiry:8 · signature:64]`.
public struct PunchRequest: Hashable, Sendable {
  /// Who asks.
  public let requester: NodeID
  /// Whom it wants to reach.
  public let target: NodeID
  /// The target's leave to do so, which a beacon may require.
  public let grant: PunchGrant?

  /// A message to be written.
  public init(requester: NodeID, target: NodeID, grant: PunchGrant? = nil) {
    self.requester = requester
    self.target = target
    self.grant = grant
  }

  /// Reads a whole frame, type byte included. Trailing bytes that aren't a whole grant are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.nodeIDZero`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.punchRequest.check(frame, minimumLength: Self.headerLength)
    requester = try NodeID(in: frame, at: 1)
    target = try NodeID(in: frame, at: 5)
    let hasGrant = frame.byteCount >= Self.headerLength + PunchGrant.byteCount
    grant = hasGrant ? PunchGrant(in: frame, at: Self.headerLength) : nil
  }

  private static let headerLength = 9
}

extension PunchRequest: FrameEncodable {
  /// 9 or, with a grant, 81 bytes.
  public var encodedLength: Int { Self.headerLength + (grant == nil ? 0 : PunchGrant.byteCount) }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.punchRequest.rawValue)
    output.append(bigEndian: requester.rawValue)
    output.append(bigEndian: target.rawValue)
    grant?.append(to: &output)
  }
}
