/// A beacon asks a node to open its NAT towards a peer: send a punch frame to this endpoint, now:
/// `0x04 · IP length:1 · IP:4 or 16 · port:2`.
public struct PunchCommand: Hashable, Sendable {
  /// Where to send a punch frame. The wire carries no scope: it is 0 after parsing, and is not written.
  public let endpoint: Endpoint

  /// A message to be written.
  public init(endpoint: Endpoint) {
    self.endpoint = endpoint
  }

  /// Reads a whole frame, type byte included. Trailing bytes are ignored.
  ///
  /// - Throws: `WireError.empty`, `.unexpectedType`, `.truncated`, `.addressLength`.
  public init(parsing frame: RawSpan) throws(WireError) {
    endpoint = try EndpointBody.parse(frame, as: .punchCommand)
  }
}

extension PunchCommand: FrameEncodable {
  /// 8 bytes for IPv4, 20 for IPv6.
  public var encodedLength: Int { EndpointBody.length(endpoint) }

  /// See ``FrameEncodable/append(to:)``.
  @_lifetime(output: copy output)
  public func append(to output: inout OutputRawSpan) {
    EndpointBody.append(.punchCommand, endpoint, to: &output)
  }
}
