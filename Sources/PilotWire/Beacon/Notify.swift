/// A beacon tells a node that something waits for it elsewhere: `0x0A · kind:1`.
public struct Notify: Hashable, Sendable {
  /// A handshake waits at the registry.
  public static let handshakeWaiting = Notify(kind: 1)

  /// What waits. Kinds other than 1 are for the receiver to ignore.
  public let kind: UInt8

  /// A message to be written.
  public init(kind: UInt8) {
    self.kind = kind
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`.
  public init(parsing frame: RawSpan) throws(WireError) {
    try BeaconMessageType.notify.check(frame, minimumLength: 2)
    kind = frame.byte(at: 1)
  }
}

extension Notify: FrameEncodable {
  /// 2 bytes.
  public var encodedLength: Int { 2 }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(BeaconMessageType.notify.rawValue)
    output.append(kind)
  }
}
