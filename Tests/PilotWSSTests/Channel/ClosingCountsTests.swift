import PilotTesting
import NIOCore
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite("Frames that come while a connection is being closed", .timeLimit(.minutes(1)))
struct ClosingCountsTests {
  @Test func `a transport counts those that the beacon had sent before it saw the Close, as unread`() async throws {
    let server = try await RawServer.start()
    async let connecting = TestClient.connect(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish()
    let client = try await connecting
    client.close()
    guard case .close = try await beacon.connection.takeFrame() else { throw Unexpected("no Close") }
    try await beacon.send(.binary([1]), .binary([2]), .binary([3]), .close(1000))
    beacon.connection.channel.close(mode: .output, promise: nil)
    try await beacon.connection.closed()
    let counters = client.transport.counters
    #expect(counters.drops[.closedBeforeReading] == 3)
    #expect(counters.framesReceived == 0)
    await server.stop()
  }

  @Test func `a listener tells of those that the node had sent before it saw the Close`() async throws {
    let listener = try await TestListener.start(.nothing)
    let node = try await HandshakingNode.established(at: listener)
    try await node.send(.binary([1]))
    try await listener.log.wait { $0.frames == [[1]] }
    try await listener.connection(of: 7).close(.normal, reason: "replaced")
    guard case .close = try await node.connection.takeFrame() else { throw Unexpected("no Close") }
    try await node.send(.binary([2]), .binary([3]), .close(1000))
    try await listener.log.wait { $0.detached.count == 1 }
    #expect(listener.log.value.ignored == 2)
    #expect(listener.log.value.frames == [[1]])
    await listener.shutDown()
  }
}
