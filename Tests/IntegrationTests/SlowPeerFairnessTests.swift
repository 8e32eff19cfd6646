import PilotBeacon
import PilotTransport
import PilotWSS
import PilotWire
import Testing

/// Who fills a slow peer's queue pays for it.
@Suite("Slow peers and floods", .timeLimit(.minutes(1)))
struct SlowPeerFairnessTests {
  @Test("A flood to a peer that reads nothing for a while costs an honest sender none of its frames")
  func flood() async throws {
    try await TestBeacon.run {
      $0.wss?.limits.outgoingBytes = 256 * 1_024
      $0.wss?.limits.outgoingAge = .seconds(60)
    } _: { beacon in
      let (stranger, honest) = (try await beacon.connect(1), try await beacon.connect(2))
      let proxy = try await TCPProxy.start(to: beacon.url.port)
      let slow = try await beacon.connect(3) {
        $0.beacon = WSSURL(isSecure: false, host: "127.0.0.1", port: proxy.port)
      }
      var receiver = try slow.transport.makeReceiver()
      try await proxy.stall()
      // 40 MB: more than socket buffers hold.
      let payload = [UInt8](repeating: 0xAB, count: 8_000)
      for burst in UInt8(0)..<50 {
        for _ in 0..<100 { try await stranger.relayInTurn(payload, to: slow.id) }
        try await honest.relayInTurn([burst], to: slow.id)
      }
      #expect(beacon.server.statistics.peers.overflowed > 0)
      try await proxy.resume()
      var received: [UInt8] = []
      while received.last != 49 {
        let (sender, payload) = try await receiver.delivery()
        if sender == honest.id { received += payload }
      }
      #expect(received == Array(0..<50))
      for node in [stranger, honest, slow] { node.transport.close() }
      try await proxy.close()
    }
  }
}
