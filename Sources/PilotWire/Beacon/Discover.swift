/// A node makes itself known to a beacon and asks how the beacon sees it: `0x01 · node:4 · [public key:32]`.
///
/// Not authenticated: what it claims is only a claim. The address is not in it; the beacon takes the datagram's source.
public struct Discover: Hashable, Sendable {
  /// The node that says it is here. nil, node 0 on the wire, only asks how the beacon sees this address, and registers
  /// nothing: what nodes ask before they have an ID, and to find out whether UDP works.
  public let node: NodeID?
  /// The key it says it has, if it says so.
  public let publicKey: PublicKey?

  /// A message to be written.
  public init(node: NodeID?, publicKey: PublicKey? = nil) {
    self.node = node
    self.publicKey = publicKey
  }

  /// Reads a whole frame, type byte included. Trailing bytes that aren't a whole key are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`.
  public init(parsing frame: RawSpan) throws(WireError) {
    (node, publicKey) = try DiscoverBody.parse(frame, as: .discover)
  }
}

extension Discover: FrameEncodable {
  /// 5 or, with a key, 37 bytes.
  public var encodedLength: Int { DiscoverBody.length(publicKey) }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    DiscoverBody.append(.discover, node, publicKey, to: &output)
  }
}
