import PilotFixtures
import PilotNode
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

/// What becomes of a batch when one of its datagrams can't go the way that it should.
extension TunnelTests {
  @Test("deliver each datagram of a batch once while the direct way is in doubt, however often the batch is full")
  func doubtedBatches() async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (.udp, .udp)) { left, right in
        let port = try left.bind()
        var answers = port.datagrams.makeAsyncIterator()
        try port.send([0], to: right.id, port: Self.port)
        _ = try #require(await answers.next())
        try Self.carry(left, right, to: Self.address(of: right), isDoubted: true)
        // The relay's frames are longer by their header: there is room for 41 direct ones of these, and for 37 of the relay's.
        var batch = left.makeBatch(byteCapacity: 4_096, capacity: 64)
        for number in UInt8(1)...100 {
          let payload = [UInt8](repeating: number, count: 20)
          while try !batch.append(payload.span.raw, to: right.id, port: Self.port, from: port.number) {
            try batch.send()
          }
        }
        try batch.send()
        var seen: [UInt8] = []
        for _ in 1...100 { seen += try #require(await answers.next()).payload.prefix(1) }
        #expect(seen.sorted() == Array(1...100))
        // Nothing came twice: what is sent behind it is next.
        try port.send([41], to: right.id, port: Self.port)
        #expect(await answers.next()?.payload == [41])
      }
    }
  }

  @Test("lose no more of a batch than what can't be sent, and count that for its peer")
  func unsendableInBatch() async throws {
    try await TestBeacon.run { beacon in
      try await Self.run(beacon, on: (.udp, .udp)) { left, right in
        let other = try RawNode.id(3)
        let port = try left.bind()
        var answers = port.datagrams.makeAsyncIterator()
        try port.send([0], to: right.id, port: Self.port)
        _ = try #require(await answers.next())
        let sealer = try #require(left.peer(right.id).sealedRoute).sealer
        left.peer(other).carry(
          SealedRoute(sealer, route: .direct(Endpoint(ipv4: 127, 0, 0, 1, port: 0)), isDoubted: false))
        try Self.carry(left, right, to: Self.address(of: right), isDoubted: false)
        var batch = left.makeBatch(byteCapacity: 4_096, capacity: 8)
        for (peer, number) in [(other, 1), (right.id, 2), (other, 3), (right.id, 4)] as [(NodeID, UInt8)] {
          #expect(try batch.append([number].span.raw, to: peer, port: Self.port, from: port.number))
        }
        #expect(throws: TransportError.self) { try batch.send() }
        let isEmpty = batch.isEmpty
        #expect(isEmpty)
        #expect(await answers.next()?.payload == [2])
        #expect(await answers.next()?.payload == [4])
        #expect(left.report(on: other)?.drops.unsendable == 2)
        #expect(left.report(on: right.id)?.drops.unsendable == 0)
      }
    }
  }

  private static func address(of tunnels: Tunnels) throws -> Endpoint {
    Endpoint(ipv4: 127, 0, 0, 1, port: try #require(tunnels.node.datagrams).local.port)
  }

  /// From now on packets go there.
  private static func carry(_ left: Tunnels, _ right: Tunnels, to address: Endpoint, isDoubted: Bool) throws {
    let way = try #require(left.peer(right.id).sealedRoute)
    left.peer(right.id).carry(SealedRoute(way.sealer, route: .direct(address), isDoubted: isDoubted))
  }
}
