import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

extension TestBeacon {
  /// A connection that node 1 had for a moment: what an engine is handed, whatever has become of it.
  static func endedConnection() async throws -> CompatConnection {
    let (connections, attached) = AsyncStream.makeStream(of: CompatConnection.self)
    let node = try TestNode.id(1)
    let listener = CompatListener(
      CompatListener.Configuration(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0), unixTime: { 1_700_000_000 }),
      keys: StaticKeyDirectory([node: identity.publicKey]),
      dispatchers: { _ in AttachedPeers(attached) })
    let address = try await listener.start(on: MultiThreadedEventLoopGroup.singleton)
    let transport = try await WSSTransport.connect(
      WSSTransport.Configuration(
        beacon: CompatURL(isSecure: false, host: "127.0.0.1", port: Int(address.port)), node: node,
        identity: identity))
    var iterator = connections.makeAsyncIterator()
    let connection = await iterator.next()
    transport.close()
    await listener.shutDown()
    return try #require(connection)
  }
}

/// Passes on whose connection was attached.
private final class AttachedPeers: CompatDispatcher {
  private let connections: AsyncStream<CompatConnection>.Continuation

  init(_ connections: AsyncStream<CompatConnection>.Continuation) {
    self.connections = connections
  }

  func attached(_ connection: CompatConnection) { connections.yield(connection) }
  func received(_ frame: RawSpan, on connection: CompatConnection) {}
  func ignored() {}
  func readCompleted(on connection: CompatConnection) {}
  func detached(_ connection: CompatConnection) {}
  func refused(_ refusal: CompatRefusal) {}
}
