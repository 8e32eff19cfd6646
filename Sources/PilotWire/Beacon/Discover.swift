/// A node makes itself known to a beacon and asks how the beacon sees it: `0x01 · node:4 · [public key:32]`, or, from an
/// endpoint that serves several nodes, `0x08 · node:4 · [public key:32]` (DiscoverEx).
///
/// Not authenticated: what it claims is only a claim. The address is not in it; the beacon takes the datagram's source.
public struct Discover: Hashable, Sendable {
  private static let headerLength = 5

  /// The node that says it is here. nil, node 0 on the wire, only asks how the beacon sees this address, and registers
  /// nothing: what nodes ask before they have an ID, and to find out whether UDP works.
  public let node: NodeID?
  /// The key it says it has, if it says so.
  public let publicKey: PublicKey?
  /// Whether it wants ``RelayDeliverDest`` instead of ``RelayDeliver``: whether it is a DiscoverEx.
  public let wantsDestination: Bool

  /// A message to be written.
  public init(node: NodeID?, publicKey: PublicKey? = nil, wantsDestination: Bool = false) {
    self.node = node
    self.publicKey = publicKey
    self.wantsDestination = wantsDestination
  }

  /// Reads a whole frame of either type, type byte included. Trailing bytes that aren't a whole key are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`.
  public init(parsing frame: RawSpan) throws(WireError) {
    wantsDestination = !frame.isEmpty && frame.byte(at: 0) == BeaconMessageType.discoverEx.rawValue
    try Self.type(wantsDestination).check(frame, minimumLength: Self.headerLength)
    node = NodeID(frame.bigEndian(at: 1, as: UInt32.self))
    let hasKey = frame.byteCount >= Self.headerLength + PublicKey.byteCount
    publicKey = hasKey ? PublicKey(in: frame, at: Self.headerLength) : nil
  }

  /// The type byte: ``BeaconMessageType/discover`` or ``BeaconMessageType/discoverEx``.
  public var type: BeaconMessageType { Self.type(wantsDestination) }

  private static func type(_ wantsDestination: Bool) -> BeaconMessageType {
    wantsDestination ? .discoverEx : .discover
  }
}

extension Discover: FrameEncodable {
  /// 5 or, with a key, 37 bytes.
  public var encodedLength: Int { Self.headerLength + (publicKey == nil ? 0 : PublicKey.byteCount) }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    output.append(type.rawValue)
    output.append(bigEndian: node?.rawValue ?? 0)
    publicKey?.append(to: &output)
  }
}
