public import PilotTesting

/// What ``NodeConformance`` needs to know: how to make a transport for a node, with the beacon at the other end.
///
/// The fixture of the transport's own conformance does that already: its peer plays the beacon.
///
/// ```swift
/// @Test(arguments: NodeConformance.checks)
/// func carriesANode(_ check: NodeConformance.Check) async throws {
///   try await check.run(against: NodeFixture(MyFixture(), way: .datagrams))
/// }
/// ```
///
/// Its links have to name the peer by one endpoint: frames go to where frames come from.
public struct NodeFixture: Sendable {
  /// How the transport leads to a beacon.
  public enum Way: Sendable, Equatable, CaseIterable {
    /// Like UDP: the node registers, and a frame that comes through shows that it is reachable.
    case datagrams
    /// Like WSS: a connection to the beacon alone, which shows it by itself.
    case connection
  }

  /// Makes the transport and its peer. Frames have at least 256 bytes.
  public let transport: any TransportFixture
  /// How it leads to the peer.
  public let way: Way
  let makeStranger: (@Sendable (TransportLink) async throws -> any ConformancePeer)?

  /// - Parameters:
  ///   - transport: Makes the transport and its peer.
  ///   - way: How it leads to the peer.
  ///   - makeStranger: Makes somebody else who reaches the transport of a link, and whom the check closes. Default nil:
  ///     nobody but the beacon does, and the check of that does not apply.
  public init(
    _ transport: some TransportFixture, way: Way,
    makeStranger: (@Sendable (TransportLink) async throws -> any ConformancePeer)? = nil
  ) {
    self.transport = transport
    self.way = way
    self.makeStranger = makeStranger
  }
}
