import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

@Suite("flows of local clients")
struct LocalFlowsTests {
  private static func client(_ port: UInt16, rule: Int = 0, address: UInt32 = 0x7F00_0001) -> LocalClient {
    LocalClient(rule: rule, address: Endpoint(ipv4Address: address, port: port), local: .any)
  }

  @Test("each client has a port of its own, from 49152 on, and is found by it")
  func ports() throws {
    var flows = LocalFlows(first: 65_534)
    let now = MonotonicInstant.start
    let clients = [Self.client(1), Self.client(2), Self.client(1, rule: 1), Self.client(1, address: 1)]
    let assigned = clients.map { flows.assign($0, at: now) }
    #expect(assigned.map(\.isNew) == [true, true, true, true])
    #expect(Set(assigned.map(\.port)).count == 4)
    #expect(assigned.allSatisfy { LocalFlows.portRange.contains($0.port) }, "past the last port comes the first")
    let again = flows.assign(clients[2], at: now)
    #expect(again == .init(port: assigned[2].port, isNew: false, given: nil))
    for (client, assignment) in zip(clients, assigned) {
      let found = flows.answered(assignment.port, at: now)
      #expect(found == client)
    }
    for port: UInt16 in [0, 53, 49_151, assigned.map(\.port).max() ?? 0] where !assigned.map(\.port).contains(port) {
      let nobody = flows.answered(port, at: now)
      #expect(nobody == nil)
    }
  }

  @Test("ports that are served here are nobody's, and all others are given before one is given again")
  func served() {
    let served: Set<UInt16> = [49_152, 50_000, 65_535]
    var flows = LocalFlows(besides: served, first: 0)
    var seen: Set<UInt16> = []
    var given: [UInt16] = []
    for number in 0..<LocalFlows.portRange.count - 3 {
      let assignment = flows.assign(Self.client(1, address: UInt32(number)), at: .start)
      seen.insert(assignment.port)
      if let port = assignment.given { given.append(port) }
    }
    #expect(seen.count == LocalFlows.portRange.count - 3)
    #expect(seen.isDisjoint(with: served))
    #expect(flows.count == flows.capacity && given.count == seen.count - flows.capacity)
    let next = flows.assign(Self.client(2, address: 3), at: .start)
    #expect(next.isNew && next.port == given.first, "which has rested for longest")
    let nobody = flows.answered(50_000, at: .start)
    #expect(nobody == nil)
  }

  @Test("a flow is given up a minute after the last datagram of either direction")
  func expiry() {
    var flows = LocalFlows(first: 0)
    var now = MonotonicInstant.start
    let port = flows.assign(Self.client(1), at: now).port
    for _ in 0..<3 {
      now = now.advanced(by: .seconds(59))
      _ = flows.answered(port, at: now)
      let expired = flows.expire(at: now.advanced(by: .seconds(1)))
      #expect(expired == nil)
    }
    #expect(flows.deadline == now.advanced(by: .seconds(60)))
    let expired = flows.expire(at: now.advanced(by: .seconds(60)))
    #expect(expired == port)
    #expect(flows.count == 0 && flows.deadline == nil)
    let late = flows.answered(port, at: now)
    #expect(late == nil, "nobody's any more")
    let next = flows.assign(Self.client(1), at: now)
    #expect(next.port != port, "what still comes for the old one finds nobody")
  }

  @Test("an IPv6 network of 64 bits counts as one client, an IPv4 address as one")
  func shares() throws {
    func share(_ text: String, rule: Int = 0) throws -> LocalFlows.ClientShare {
      .init(of: LocalClient(rule: rule, address: try Endpoint(parsing: text), local: .any))
    }
    #expect(try share("[2001:db8::1]:1") == share("[2001:db8::ffff:2]:9"))
    #expect(try share("[2001:db8::1]:1") != share("[2001:db8:0:1::1]:1"))
    #expect(try share("10.0.0.1:1") == share("10.0.0.1:2"))
    #expect(try share("10.0.0.1:1") != share("10.0.0.2:1"))
    #expect(try share("10.0.0.1:1") != share("10.0.0.1:1", rule: 1), "each forwarded port by itself")
  }

  @Test("a client that opens flows without end through one forward takes no room from its flow through another")
  func busyForward() {
    var flows = LocalFlows(first: 0)
    let quiet = flows.assign(Self.client(1, rule: 1), at: .start).port
    for number in 0...flows.capacity {
      _ = flows.assign(Self.client(UInt16(truncatingIfNeeded: number)), at: .start)
    }
    let client = flows.answered(quiet, at: .start)
    #expect(client == Self.client(1, rule: 1))
  }
}
