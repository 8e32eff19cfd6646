import Logging
import PilotBeacon
import PilotIdentity
import PilotTransport
import PilotUDP
import PilotWire
import Testing

@Suite("A graceful shutdown", .timeLimit(.minutes(1)))
struct DrainTests {
  @Test(
    "While it drains it answers over UDP as before, and health with 503; cancelling ends it with all sockets closed")
  func draining() async throws {
    let loopback = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    var configuration = BeaconServer.Configuration()
    configuration.udp = loopback
    configuration.wss = BeaconServer.Configuration.WebSocket(address: loopback)
    configuration.http = loopback
    configuration.drain.grace = .seconds(120)
    configuration.drain.window = .seconds(120)
    let server = try await BeaconServer.start(
      configuration, keys: StaticKeyDirectory([:]), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let addresses = server.addresses
    let (wss, http) = (try #require(addresses.wss), try #require(addresses.http))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      #expect(try await Self.health(http).hasPrefix("HTTP/1.1 200 OK"))
      server.stop()
      while try await !Self.health(http).hasPrefix("HTTP/1.1 503") { try Task.checkCancellation() }
      #expect(try await Self.health(wss).hasPrefix("HTTP/1.1 503"))
      try await Self.discover(at: addresses.udp)
      group.cancelAll()
      try await group.waitForAll()
    }
    var again = UDPTransport.Configuration()
    again.bindTo = addresses.udp
    try UDPTransport.bind(again).close()
  }

  private static func health(_ address: Endpoint) async throws -> String {
    try await HTTPExchange.answer(to: "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", from: address)
  }

  private static func discover(at beacon: Endpoint) async throws {
    var configuration = UDPTransport.Configuration()
    configuration.bindTo = Endpoint(ipv4: 127, 0, 0, 1, port: 0)
    let socket = try UDPTransport.bind(configuration)
    defer { socket.close() }
    var receiver = try socket.makeReceiver()
    try socket.send(Discover(node: try RawNode.id(1)).encoded().span.raw, to: beacon)
    let frame = try await receiver.next()
    let reply = try DiscoverReply(parsing: frame.bytes)
    #expect(reply.endpoint == socket.localEndpoint)
  }
}
