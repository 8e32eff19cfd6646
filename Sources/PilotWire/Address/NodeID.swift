/// The number of a Pilot node: any 32-bit value but 0 (wire reference, section 1).
@frozen
public struct NodeID: Hashable, Sendable {
  /// The number as it stands on the wire. Never 0.
  public let rawValue: UInt32

  /// The node with this number, or nil for 0.
  @inlinable
  public init?(_ rawValue: UInt32) {
    guard rawValue != 0 else { return nil }
    self.rawValue = rawValue
  }

  /// The node written in decimal: digits only, without a sign or leading zeros.
  public init?(parsing text: some StringProtocol) {
    guard let rawValue = Decimal.parse(text.utf8, as: UInt32.self) else { return nil }
    self.init(rawValue)
  }

  /// A node ID that has been checked before.
  @inlinable
  init(nonZero rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The node ID at `offset` of a frame that is long enough for it.
  ///
  /// - Throws: `WireError.nodeIDZero`.
  @inlinable
  package init(in frame: RawSpan, at offset: Int) throws(WireError) {
    let rawValue = frame.bigEndian(at: offset, as: UInt32.self)
    guard rawValue != 0 else { throw .nodeIDZero }
    self.rawValue = rawValue
  }
}

extension NodeID: Comparable {
  /// Orders by number.
  @inlinable
  public static func < (left: NodeID, right: NodeID) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension NodeID: CustomStringConvertible {
  /// The number in decimal.
  public var description: String { String(rawValue) }
}
