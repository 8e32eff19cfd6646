import Foundation
import PilotFixtures
import PilotNode
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Two beacons that tell each other who is attached where.
@Suite("Beacons that are neighbours", .timeLimit(.minutes(1)))
struct NeighbourTests {
  private static let (first, second) = (HostPort(host: "first.test", port: 1), HostPort(host: "second.test", port: 2))

  /// Runs two of them, which both are given the same list of both. Where their names lead is known once `known` is told.
  private static func run(
    http: Endpoint? = nil, _ body: (TestBeacon, TestBeacon, _ known: Watched<Bool>) async throws -> Void
  ) async throws {
    let addresses = Watched<[HostPort: Endpoint]>([:])
    let known = Watched(false)
    let adjust = { @Sendable (configuration: inout BeaconServer.Configuration) in
      configuration.neighbours = [first, second]
      configuration.http = http
      configuration.neighbourLookup = { name async throws(TransportError) in
        do {
          try await known.wait { $0 }
        } catch {
          throw .cancelled
        }
        return addresses.value[name].map { [$0] } ?? []
      }
    }
    try await TestBeacon.run {
      adjust(&$0)
    } _: { one in
      try await TestBeacon.run {
        adjust(&$0)
      } _: { other in
        addresses.update { $0 = [first: one.udp, second: other.udp] }
        try await body(one, other, known)
      }
    }
  }

  @Test("a node reaches one at the other beacon", arguments: Carrier.allCases, Carrier.allCases)
  func crosses(_ from: Carrier, _ to: Carrier) async throws {
    try await Self.run { one, other, known in
      let sending = try await one.join(1, on: from)
      let receiving = try await other.join(2, on: to)
      known.update { $0 = true }
      for beacon in [one, other] {
        try await beacon.awaitStatistics { $0.router.syncs > 0 && $0.router.neighbourNodes > 0 }
      }
      try sending.send([1, 2, 3], to: receiving.id)
      var receiver = try receiving.makeReceiver()
      var told: (NodeID, [UInt8])?
      while told == nil, let event = try await receiver.next() {
        if case .message(let message) = event { told = (message.sender, message.payload.copied()) }
      }
      #expect(told?.0 == sending.id && told?.1 == [1, 2, 3])
      let (here, there) = (one.server.statistics.router, other.server.statistics.router)
      #expect(here.relayedToNeighbours == 1 && here.relayedFromNeighbours == 0)
      #expect(there.relayedToNeighbours == 0 && there.relayedFromNeighbours == 1)
    }
  }

  @Test("the report says which of them are heard, and how many nodes are theirs")
  func reported() async throws {
    try await Self.run(http: Endpoint(ipv4: 127, 0, 0, 1, port: 0)) { one, other, known in
      let feed = try #require(one.server.parts.status?.feed)
      // Each a second after the last: an older one isn't told again.
      var now = MonotonicInstant.now()
      func neighbours() throws -> StatusReport.Neighbours? {
        now = now.advanced(by: .seconds(1))
        return try JSONDecoder().decode(StatusReport.self, from: Data(feed.report(at: now).utf8)).neighbours
      }
      let silent = [Self.first, Self.second].map { StatusReport.Neighbour(name: "\($0)", isHeard: false) }
      #expect(try neighbours() == StatusReport.Neighbours(nodes: 0, beacons: silent))
      let node = try await other.join(2, on: .wss)
      defer { node.leave() }
      known.update { $0 = true }
      try await one.awaitStatistics { $0.router.neighbourNodes == 1 && $0.neighbours.allSatisfy { $0.isHeard } }
      let heard = [Self.first, Self.second].map { StatusReport.Neighbour(name: "\($0)", isHeard: true) }
      #expect(try neighbours() == StatusReport.Neighbours(nodes: 1, beacons: heard))
    }
  }

  @Test("who has authenticated here is not spoken for, and a list takes nobody away")
  func standsFirm() async throws {
    try await Self.run { one, other, known in
      let node = try await one.join(1, on: .wss)
      let twin = try await other.join(1, on: .wss)
      let peer = try await one.join(3, on: .wss)
      known.update { $0 = true }
      for beacon in [one, other] { try await beacon.awaitStatistics { $0.router.neighbourNodes > 0 } }
      // Node 1 is at both. What it sends from the second one isn't believed at the first.
      try twin.send([9], to: peer.id)
      try await one.awaitStatistics { $0.router.drops[.senderMismatch] == 1 }
      try peer.send([4], to: node.id)
      var receiver = try node.makeReceiver()
      var payload: [UInt8]?
      while payload == nil, let event = try await receiver.next() {
        if case .message(let message) = event { payload = message.payload.copied() }
      }
      #expect(payload == [4])
      #expect(one.server.statistics.router.relayedToNeighbours == 0)
    }
  }

  @Test("who comes and who goes is known at the other beacon within seconds", arguments: Carrier.allCases)
  func comesAndGoes(_ carrier: Carrier) async throws {
    try await Self.run { one, other, known in
      known.update { $0 = true }
      for beacon in [one, other] { try await beacon.awaitStatistics { $0.router.syncs > 0 } }
      // Neither waits for the next regular announcement, up to ten seconds later.
      let began = MonotonicClock().now
      let node = try await one.join(1, on: carrier)
      try await other.awaitStatistics { $0.router.neighbourNodes == 1 }
      #expect(MonotonicClock().now < began.advanced(by: .seconds(8)))
      guard carrier == .wss else { return node.leave() }
      let peer = try await other.join(2, on: .wss)
      node.leave()
      try await one.awaitStatistics { $0.router.wssPeers == 0 }
      let before = other.server.statistics.router.syncs
      try await other.awaitStatistics { $0.router.syncs > before }
      try peer.send([1], to: node.id)
      try await other.awaitStatistics { $0.router.drops[.destinationUnknown] == 1 }
    }
  }
}
