public import PilotTransport
public import PilotWire

/// What ``TransportConformance`` needs to know about a transport in order to check it: how to make one, with somebody at
/// the other end, and what it promises beyond the contract.
///
/// ```swift
/// struct MyFixture: TransportFixture {
///   let promises = TransportPromises(maximumFrameLength: 65_507)
///
///   func connect() async throws -> TransportLink {
///     try TransportLink(MyTransport(), peer: MyTransport())
///   }
/// }
///
/// @Test(arguments: TransportConformance.checks)
/// func conforms(_ check: TransportConformance.Check) async throws {
///   try await check.run(against: MyFixture())
/// }
/// ```
///
/// Checks may run at the same time, and one check may connect more than once: every connection has to be a new one.
public protocol TransportFixture: Sendable {
  /// What the transport under test promises.
  var promises: TransportPromises { get }

  /// Makes a new transport and its peer, ready for frames both ways.
  ///
  /// The check closes both.
  func connect() async throws -> TransportLink
}

/// What a transport promises beyond the contract, and what the checks may demand of it.
public struct TransportPromises: Sendable {
  /// The longest frame it takes and delivers, in bytes.
  public var maximumFrameLength: Int
  /// Whether frames from one sender arrive in their order. Default true, which loopback keeps too.
  public var keepsOrder = true
  /// How many frames of 1,200 bytes can be on their way at once without one being lost. Default 32.
  ///
  /// The checks never have more in flight, other than those that want to see frames dropped; so a transport that is
  /// lossy in principle, such as UDP, is reliable here.
  public var burst = 32
  /// The bounds of the queue between the network and the reader, if the transport has one. Default nil: it has none, and
  /// the check of slow readers does not apply.
  ///
  /// A small one makes that check fast: it sends twice as much.
  public var receiveQueue: FrameQueue.Limits?
  /// A destination where nobody receives, if the transport is told so by its network. Default nil: it isn't, and the
  /// check of that does not apply.
  public var deadDestination: Endpoint?
  /// A destination that it doesn't reach and has to refuse. Default: port 0 of no address, which nobody can be at.
  public var invalidDestination = Endpoint.any(port: 0)

  /// Promises the least.
  public init(maximumFrameLength: Int) {
    self.maximumFrameLength = maximumFrameLength
  }
}

/// A transport under test with its peer.
public struct TransportLink: Sendable {
  /// What is checked.
  public var transport: any Transport
  /// Who is at the other end.
  public var peer: any ConformancePeer
  /// How the transport addresses its peer.
  public var destination: Endpoint
  /// The source that frames from the peer must carry.
  public var source: Endpoint

  /// Puts a transport and any peer together.
  public init(_ transport: any Transport, peer: some ConformancePeer, destination: Endpoint, source: Endpoint) {
    self.transport = transport
    self.peer = peer
    self.destination = destination
    self.source = source
  }

  /// Puts two transports together, each of which reaches the other at its local endpoint.
  public init(_ transport: any Transport, peer: any Transport) throws(TransportError) {
    self.init(
      transport, peer: try TransportPeer(peer, destination: transport.localEndpoint),
      destination: peer.localEndpoint, source: peer.localEndpoint)
  }
}
