import PilotBeacon
import PilotTransport
import PilotWire
import Testing

/// A node that moves from a WebSocket connection to UDP under traffic.
@Suite(.timeLimit(.minutes(1)))
struct TwoWaysTests {
  @Test("What a node gets while it closes its connection comes over the one or the other, each frame once")
  func closesUnderTraffic() async throws {
    try await TestBeacon.run { beacon in
      let (wss, udp, peer) = (try await beacon.connect(1), try beacon.bind(1), try await beacon.connect(2))
      var atUDP = try udp.transport.makeReceiver()
      try await udp.prove(&atUDP)
      let count = 1_000
      async let sending: Void = {
        for number in 0..<count {
          // In the middle of it, without a pause before or after.
          if number == count / 2 { wss.transport.close() }
          // The last one comes over UDP: once the beacon has seen the Close, whenever that is.
          while number == count - 1, beacon.server.statistics.router.continuedOverUDP == 0 { await Task.yield() }
          try await peer.relayInTurn([UInt8(number >> 8), UInt8(number & 0xFF)], to: wss.id)
        }
      }()
      var (numbers, latest): (Set<Int>, Int) = ([], -1)
      while latest < count - 1 {
        let payload = try await atUDP.delivery().payload
        latest = Int(payload[0]) << 8 | Int(payload[1])
        numbers.insert(latest)
      }
      try await sending
      let statistics = beacon.server.statistics
      let counters = wss.transport.counters
      #expect(statistics.connectionsGone == 0)
      #expect(statistics.peers.lost == 0)
      #expect(statistics.router.continuedOverUDP == 1)
      #expect(statistics.router.drops.total == 0)
      let overWSS = counters.framesReceived + counters.drops[.closedBeforeReading]
      #expect(UInt64(numbers.count) + overWSS == UInt64(count), "\(counters) \(statistics.peers)")
      peer.transport.close()
    }
  }
}
