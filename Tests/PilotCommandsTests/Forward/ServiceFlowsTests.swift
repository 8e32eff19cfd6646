import PilotTransport
import PilotUDP
import PilotWire
import Testing

@testable import PilotCommands

@Suite("flows to what is served")
struct ServiceFlowsTests {
  private static func flow(_ peer: UInt32, _ port: UInt16, rule: Int = 0) throws -> ServedFlow {
    ServedFlow(rule: rule, peer: try #require(NodeID(peer)), port: port)
  }

  @Test("each flow of each peer has a socket of its own, which leads back to it")
  func sockets() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 2, sockets: sockets)
    let none = flows.way(of: try Self.flow(7, 1))
    #expect(none == nil, "it isn't known where the service is")
    flows.setAddress(.loopback(port: 9), of: 0)
    flows.setAddress(.loopback(port: 10), of: 1)
    let keys = [
      try Self.flow(7, 1), try Self.flow(7, 2), try Self.flow(8, 1), try Self.flow(7, 1, rule: 1),
    ]
    let ways = try keys.map { try #require(flows.way(of: $0)) }
    #expect(Set(ways.map(\.socket)).count == 4 && sockets.count == 4)
    #expect(ways.map(\.service.port) == [9, 9, 9, 10])
    for (key, way) in zip(keys, ways) {
      #expect(flows.way(of: key) == way)
      #expect(flows.owner(of: way.socket)?.flow == key)
    }
    #expect(flows.rules(at: .loopback(port: 10)) == [1] && flows.rules(at: .loopback(port: 11)).isEmpty)
  }

  @Test("when a service has moved, its flows go to where it is now, and late answers find nobody")
  func moved() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 2, sockets: sockets)
    #expect(flows.setAddress(.loopback(port: 9), of: 0))
    #expect(!flows.setAddress(.loopback(port: 9), of: 0))
    flows.setAddress(.loopback(port: 9), of: 1)
    let (moving, staying) = (try Self.flow(7, 1), try Self.flow(7, 1, rule: 1))
    let before = try #require(flows.way(of: moving))
    let other = try #require(flows.way(of: staying))
    flows.setAddress(.loopback(port: 10), of: 0)
    #expect(flows.owner(of: before.socket) == nil && sockets.count == 1)
    let after = try #require(flows.way(of: moving))
    #expect(after.service.port == 10 && after.socket != before.socket)
    #expect(flows.way(of: staying) == other)
  }

  @Test("a peer that opens flows without end gives up its own, and those of others stay")
  func flood() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 1, sockets: sockets, capacity: 40)
    flows.setAddress(.loopback(port: 9), of: 0)
    let quiet = try #require(flows.way(of: try Self.flow(8, 1)))
    for port in 1...UInt16(600) { _ = flows.way(of: try Self.flow(7, port)) }
    #expect(flows.count == 11 && sockets.count == 11, "a quarter of all for one peer")
    #expect(flows.owner(of: quiet.socket)?.flow.peer.rawValue == 8)
  }
}
