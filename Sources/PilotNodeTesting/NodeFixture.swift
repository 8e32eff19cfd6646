package import PilotNode
public import PilotTesting

/// What ``NodeConformance`` needs to know: how to make a transport for a node, with the beacon at the other end.
///
/// The fixture of the transport's own conformance does that already: its peer plays the beacon.
///
/// ```swift
/// @Test(arguments: NodeConformance.checks)
/// func carriesANode(_ check: NodeConformance.Check) async throws {
///   try await check.run(against: NodeFixture(MyFixture(), path: .datagrams))
/// }
/// ```
///
/// Its links have to name the peer by one endpoint: frames go to where frames come from.
public struct NodeFixture: Sendable {
  /// How the transport leads to a beacon.
  public enum Path: Sendable, Equatable, CaseIterable {
    /// Like UDP: the node registers, and a frame that comes through shows that it is reachable.
    case datagrams
    /// Like WSS: a connection to the beacon alone, which shows it by itself.
    case connection
  }

  /// Makes the transport and its peer. Frames have at least 256 bytes.
  public let transport: any TransportFixture
  /// How it leads to the peer.
  public let path: Path
  let makeStranger: (@Sendable (TransportLink) async throws -> any ConformancePeer)?
  /// Makes the node over a link; nil for the usual one, over the link's transport alone.
  let makeNode: (@Sendable (TransportLink, BeaconLink.Configuration) throws -> Node)?

  /// - Parameters:
  ///   - transport: Makes the transport and its peer.
  ///   - path: How it leads to the peer.
  ///   - makeStranger: Makes somebody else who reaches the transport of a link, and whom the check closes. Default nil:
  ///     nobody but the beacon does, and the check of that does not apply.
  public init(
    _ transport: some TransportFixture, path: Path,
    makeStranger: (@Sendable (TransportLink) async throws -> any ConformancePeer)? = nil
  ) {
    self.transport = transport
    self.path = path
    self.makeStranger = makeStranger
    makeNode = nil
  }

  /// For a node that has other paths beside the link's transport, which is a connection: the checks look over its moves.
  ///
  /// - Parameters:
  ///   - transport: As above. Its peer gets what the node sends over any path, once, and nothing of what it asks its beacons.
  ///   - makeNode: Makes node 7 over a link and other paths, with these times.
  package init(
    moving transport: some TransportFixture,
    makeNode: @escaping @Sendable (TransportLink, BeaconLink.Configuration) throws -> Node
  ) {
    self.transport = transport
    self.makeNode = makeNode
    path = .connection
    makeStranger = nil
  }
}
