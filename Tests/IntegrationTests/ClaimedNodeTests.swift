import Logging
import PilotBeacon
import PilotFixtures
import PilotNode
import PilotTransport
import PilotUDP
import PilotWire
import Testing

/// A node without a proof that is claimed from another address, with sockets and a clock.
@Suite("A claimed node")
struct ClaimedNodeTests {
  @Test("A node that answers its beacon's question stays where it is", .timeLimit(.minutes(1)))
  func answers() async throws {
    let log = LogRecorder()
    try await TestBeacon.run(logger: log.logger) { beacon in
      let node = try await beacon.join(107, on: .udp)
      var receiver = try node.makeReceiver()
      let thief = try beacon.bind(107, host: 2)
      try thief.transport.send(Discover(node: thief.id).encoded(), to: thief.beacon)
      // The question and the probe are the reader's as well; once both have come, the node has answered.
      var types: Set<UInt8> = []
      while types.count < 2, let event = try await receiver.next() {
        guard case .control(let frame) = event else { continue }
        types.insert(frame.bytes.byte(at: 0))
      }
      #expect(types == [BeaconMessageType.punchCommand.rawValue, BeaconMessageType.discoverReply.rawValue])
      #expect(await log.first(beginning: "Claim refused")?.metadata["node"] == "107")
      let statistics = beacon.server.statistics.router
      #expect(statistics.questions == 1 && statistics.claimsRefused == 1 && statistics.moves.total == 0)
      #expect(node.counters.punchesSent == 3)
      node.leave()
    }
  }

  @Test(
    "A node that says nothing for three seconds is believed elsewhere, and back at its Discover",
    .timeLimit(.minutes(1)))
  func isSilent() async throws {
    let log = LogRecorder()
    try await TestBeacon.run(logger: log.logger) { beacon in
      let (old, new) = (try beacon.bind(7), try beacon.bind(7, host: 2))
      var atOld = try old.transport.makeReceiver()
      var atNew = try new.transport.makeReceiver()
      try await old.register(&atOld)
      try await new.register(&atNew)
      let start = ContinuousClock.now
      _ = try await atNew.reply()
      let duration = start.duration(to: .now)
      #expect(duration > .seconds(2.9) && duration < .seconds(4))
      #expect(beacon.server.statistics.router.moves[.unanswered] == 1)
      #expect(beacon.server.statistics.router.questions == 3)
      try await old.register(&atOld)
      // That was the probe, which has waited; this is the answer.
      _ = try await atOld.reply()
      #expect(beacon.server.statistics.router.moves[.returned] == 1)
      #expect(await log.first(beginning: "Node moved")?.metadata["cause"] == "unanswered")
    }
  }

  @Test("The broadcast address is no node's, whatever the nodes file says", .timeLimit(.minutes(1)))
  func broadcast() async throws {
    try await TestBeacon.run { beacon in
      let everybody = try beacon.bind(.max)
      var receiver = try everybody.transport.makeReceiver()
      try await everybody.register(&receiver)
      let statistics = beacon.server.statistics.router
      #expect(statistics.discovers[.refusedBroadcast] == 1 && statistics.nodes == 0)
    }
  }
}
