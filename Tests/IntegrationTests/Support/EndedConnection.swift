import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire
import Testing

extension TestBeacon {
  /// A connection that node 1 had for a moment: what an engine is handed, whatever has become of it.
  static func endedConnection() async throws -> WSSConnection {
    let (connections, attached) = AsyncStream.makeStream(of: WSSConnection.self)
    let node = try RawNode.id(1)
    let listener = WSSListener(
      WSSListener.Configuration(address: Endpoint(ipv4: 127, 0, 0, 1, port: 0), unixTime: { 1_700_000_000 }),
      keys: StaticKeyDirectory([node: identity.publicKey]),
      dispatchers: { _ in AttachedPeers(attached) })
    let address = try await listener.start(on: MultiThreadedEventLoopGroup.singleton)
    let transport = try await WSSTransport.connect(
      WSSTransport.Configuration(
        beacon: WSSURL(isSecure: false, host: "127.0.0.1", port: Int(address.port)), node: node,
        identity: identity))
    var iterator = connections.makeAsyncIterator()
    let connection = await iterator.next()
    transport.close()
    await listener.shutDown()
    return try #require(connection)
  }
}

/// Passes on whose connection was attached.
private final class AttachedPeers: WSSDispatcher {
  private let connections: AsyncStream<WSSConnection>.Continuation

  init(_ connections: AsyncStream<WSSConnection>.Continuation) {
    self.connections = connections
  }

  func attached(_ connection: WSSConnection) { connections.yield(connection) }
  func received(_ frame: RawSpan, on connection: WSSConnection) {}
  func ignored() {}
  func readCompleted(on connection: WSSConnection) {}
  func parting(_ connection: WSSConnection) {}
  func detached(_ connection: WSSConnection) {}
  func refused(_ refusal: WSSRefusal) {}
}
