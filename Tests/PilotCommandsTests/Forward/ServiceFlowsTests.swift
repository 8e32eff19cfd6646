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
    let none = try flows.destination(of: try Self.flow(7, 1))
    #expect(none == nil, "it isn't known where the service is")
    flows.setAddresses([.loopback(port: 9)], of: 0)
    flows.setAddresses([.loopback(port: 10)], of: 1)
    let keys = [
      try Self.flow(7, 1), try Self.flow(7, 2), try Self.flow(8, 1), try Self.flow(7, 1, rule: 1),
    ]
    let destinations = try keys.map { try #require(try flows.destination(of: $0)) }
    #expect(Set(destinations.map(\.socket)).count == 4 && sockets.count == 4)
    #expect(destinations.map(\.service.port) == [9, 9, 9, 10])
    for (key, destination) in zip(keys, destinations) {
      #expect(try flows.destination(of: key) == destination)
      #expect(flows.owner(of: destination.socket)?.flow == key)
    }
    #expect(flows.refused(.loopback(port: 10), "no").map(\.rule) == [1])
    #expect(flows.refused(.loopback(port: 11), "no").isEmpty)
  }

  @Test("when a service has moved, its flows go to where it is now, and late answers find nobody")
  func moved() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 2, sockets: sockets)
    #expect(flows.setAddresses([.loopback(port: 9)], of: 0) == .loopback(port: 9))
    #expect(flows.setAddresses([.loopback(port: 9)], of: 0) == nil)
    flows.setAddresses([.loopback(port: 9)], of: 1)
    let (moving, staying) = (try Self.flow(7, 1), try Self.flow(7, 1, rule: 1))
    let before = try #require(try flows.destination(of: moving))
    let other = try #require(try flows.destination(of: staying))
    flows.setAddresses([.loopback(port: 10)], of: 0)
    #expect(flows.owner(of: before.socket) == nil && sockets.count == 1)
    let after = try #require(try flows.destination(of: moving))
    #expect(after.service.port == 10 && after.socket != before.socket)
    #expect(try flows.destination(of: staying) == other)
  }

  @Test("a peer that opens flows without end gives up its own, and those of others stay")
  func flood() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 1, sockets: sockets, capacity: 40)
    flows.setAddresses([.loopback(port: 9)], of: 0)
    let quiet = try #require(try flows.destination(of: try Self.flow(8, 1)))
    for port in 1...UInt16(600) { _ = try flows.destination(of: Self.flow(7, port)) }
    #expect(flows.count == 11 && sockets.count == 11, "a quarter of all for one peer")
    #expect(flows.owner(of: quiet.socket)?.flow.peer.rawValue == 8)
  }

  @Test("flows stay while their address is one of the host's, and go on at the next one when it refuses datagrams")
  func severalAddresses() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 1, sockets: sockets)
    let (first, second) = (Endpoint.loopback(port: 9), Endpoint(ipv4Address: 0x7F00_0002, port: 9))
    flows.setAddresses([first, second], of: 0)
    let flow = try Self.flow(7, 1)
    let before = try #require(try flows.destination(of: flow))
    #expect(flows.setAddresses([second, first], of: 0) == nil)
    #expect(try flows.destination(of: flow) == before, "the same socket, whatever the order is now")
    let refused = flows.refused(first, "it refuses")
    #expect(refused.map(\.fault) == [ServiceFault(address: first, reason: "it refuses", next: second)])
    #expect(flows.owner(of: before.socket) == nil && sockets.count == 0)
    let after = try #require(try flows.destination(of: flow))
    #expect(after.service == second && flows.owner(of: after.socket)?.service == second)
    #expect(flows.setAddresses([first, second], of: 0) == nil, "it stays there")
    #expect(flows.refused(second, "no").map(\.fault.next) == [nil], "not at once again")
    #expect(try flows.destination(of: flow) == after)
  }

  @Test("why no socket leads to a service is said, and where its host has another address that is used next")
  func unopened() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 2, sockets: sockets)
    // Nothing can be sent to port 0.
    let (bad, good) = (Endpoint.loopback(port: 0), Endpoint.loopback(port: 9))
    flows.setAddresses([bad], of: 0)
    flows.setAddresses([bad, good], of: 1)
    for (rule, next) in [(0, nil), (1, good)] {
      do {
        _ = try flows.destination(of: Self.flow(7, 1, rule: rule))
        Issue.record("no socket leads there")
      } catch let fault as ServiceFault {
        #expect(fault.address == bad && fault.next == next && !fault.reason.isEmpty)
      }
    }
    #expect(try flows.destination(of: Self.flow(7, 1, rule: 1))?.service == good)
    sockets.close()
    #expect(try flows.destination(of: Self.flow(7, 2, rule: 1)) == nil, "at the end nothing is wrong")
  }

  @Test("a peer's flows to one service take no room from its flow to another")
  func busyService() throws {
    let sockets = try ConnectedSockets()
    defer { sockets.close() }
    let flows = ServiceFlows(rules: 2, sockets: sockets, capacity: 40)
    for rule in 0...1 { flows.setAddresses([.loopback(port: 9)], of: rule) }
    let quiet = try Self.flow(7, 1, rule: 1)
    let destination = try #require(try flows.destination(of: quiet))
    for port in 1...UInt16(600) { _ = try flows.destination(of: Self.flow(7, port)) }
    #expect(flows.count == 11)
    #expect(flows.owner(of: destination.socket)?.flow == quiet)
  }
}
