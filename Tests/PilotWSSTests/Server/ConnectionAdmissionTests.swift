import NIOCore
import NIOEmbedded
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct ConnectionAdmissionTests {
  @Test func `handshakes are bounded, and end by upgrading or by closing`() throws {
    let admission = ConnectionAdmission(maximumConnections: 10, maximumHandshakes: 2)
    let (first, second, third) = (EmbeddedChannel(), EmbeddedChannel(), EmbeddedChannel())
    #expect(admission.accept(first) && admission.accept(second))
    #expect(!admission.accept(third))
    #expect(admission.turnedAway == 1)
    #expect(admission.upgrade(first))
    #expect(admission.accept(third))
    _ = try second.finish()
    #expect(admission.openConnections == 2)
    #expect(admission.accept(EmbeddedChannel()))
  }

  @Test func `connections are bounded, and make room when they close`() throws {
    let admission = ConnectionAdmission(maximumConnections: 1, maximumHandshakes: 10)
    let (first, second) = (EmbeddedChannel(), EmbeddedChannel())
    #expect(admission.accept(first) && admission.accept(second))
    #expect(admission.upgrade(first))
    #expect(!admission.upgrade(second))
    #expect(admission.turnedAway == 1)
    _ = try first.finish()
    #expect(admission.upgrade(second))
  }

  @Test func `connections in any state are bounded together`() throws {
    let admission = ConnectionAdmission(maximumConnections: 10, maximumHandshakes: 10, maximumOpen: 2)
    let (first, second) = (EmbeddedChannel(), EmbeddedChannel())
    #expect(admission.accept(first) && admission.upgrade(first) && admission.accept(second))
    #expect(!admission.accept(EmbeddedChannel()))
    #expect(admission.turnedAway == 1)
    _ = try first.finish()
    #expect(admission.accept(EmbeddedChannel()))
  }

  @Test(arguments: [(10_000, 1_024, 960), (100, 1_024, 100), (10_000, 1_048_576, 10_000), (10_000, 10, 1)])
  func `as many connections as configured, or as the descriptors are enough for`(
    configured: Int, descriptors: Int, connections: Int
  ) {
    var configuration = WSSListener.Configuration(address: .wssBeacon, unixTime: { 0 })
    configuration.limits.maximumConnections = configured
    #expect(configuration.fit(intoDescriptors: descriptors) == (connections < configured))
    #expect(configuration.limits.maximumConnections == connections)
    #expect(configuration.maximumOpen == max(descriptors - 64, 1))
  }

  @Test func `a connection upgrades once, and only if it was admitted`() {
    let admission = ConnectionAdmission(maximumConnections: 10, maximumHandshakes: 10)
    let channel = EmbeddedChannel()
    #expect(!admission.upgrade(channel))
    #expect(admission.accept(channel))
    #expect(admission.upgrade(channel))
    #expect(!admission.upgrade(channel))
  }

  @Test func `closing takes leave of those who talk, cuts off the others, and admits nobody`() async throws {
    let admission = ConnectionAdmission(maximumConnections: 10, maximumHandshakes: 10)
    let (peer, handshaking) = (NIOAsyncTestingChannel(), NIOAsyncTestingChannel())
    let farewells = Counter()
    #expect(admission.accept(peer) && admission.accept(handshaking))
    #expect(admission.upgrade(peer))
    try await peer.testingEventLoop.executeInContext {
      admission.onShutDown(of: peer) {
        farewells.increment()
        peer.close(promise: nil)
      }
    }
    let closing = Task { await admission.closeAll() }
    while admission.openConnections > 0 {
      for channel in [peer, handshaking] { await channel.testingEventLoop.run() }
      await Task.yield()
    }
    await closing.value
    #expect(farewells.value == 1)
    #expect(admission.openConnections == 0)
    #expect(!admission.accept(NIOAsyncTestingChannel()))
  }
}
