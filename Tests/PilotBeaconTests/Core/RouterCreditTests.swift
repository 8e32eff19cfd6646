import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// An endpoint that hasn't answered is sent little of what others write to it.
struct RouterCreditTests {
  private static let sender = NodeID.test(500)
  private static let victim = Endpoint.test(99)

  private func harness(advertised: [Endpoint] = []) -> RouterHarness {
    var configuration = RouterConfiguration()
    configuration.relayRate = 0
    configuration.advertised = advertised
    var harness = RouterHarness(configuration)
    harness.attach(node: Self.sender, connection: ConnectionID(rawValue: 500))
    return harness
  }

  /// Bytes of frames that reach a node, of so many frames of a thousand bytes.
  private func reached(_ harness: inout RouterHarness, _ node: NodeID, frames: Int = 200) -> Int {
    let payload = [UInt8](repeating: 7, count: 991)
    let frame = Relay(sender: Self.sender, destination: node, payload: payload.span.raw).encoded()
    var bytes = 0
    for _ in 0..<frames {
      if case .deliver = harness.frame(frame, from: .wss(500, Self.sender)) { bytes += frame.count }
    }
    return bytes
  }

  @Test func whoNeverAskedGetsSixtyFourKibibytesHoweverManyNodesAreSaidToBeThere() {
    var harness = harness()
    var bytes = 0
    for node in 1...300 as ClosedRange<UInt32> {
      harness.discover(.test(node), from: .udp(.test(99, port: UInt16(4_000 + node % 3))))
      bytes += reached(&harness, .test(node), frames: 70)
    }
    #expect((60_000...65_536 + 300 * 37 * 30).contains(bytes))
    #expect(bytes <= 65_536)
    #expect(harness.statistics.drops[.unansweredEndpoint] > 20_000)
    let top = harness.router.takeTopSources(1)
    #expect(top?.top.map(\.source) == [SourceKey(Self.sender)])
    // The next hour brings a sixteenth.
    harness.advance(.seconds(3_600))
    harness.discover(.test(1), from: .udp(Self.victim))
    #expect((4_000...4_096).contains(reached(&harness, .test(1))))
  }

  @Test func eachByteHeardIsWorthThirty() {
    var harness = harness()
    harness.discover(.test(1), from: .udp(Self.victim))
    _ = reached(&harness, .test(1))
    #expect(reached(&harness, .test(1)) == 0)
    let payload = [UInt8](repeating: 1, count: 91)
    let relay = Relay(sender: .test(1), destination: Self.sender, payload: payload.span.raw).encoded()
    _ = harness.frame(relay, from: .udp(Self.victim))
    #expect((2_000...4_000).contains(reached(&harness, .test(1))))
    for _ in 0..<40 { harness.discover(.test(1), from: .udp(Self.victim)) }
    #expect((5_000...7_000).contains(reached(&harness, .test(1))))
  }

  @Test func aProofEndsTheLimit() throws {
    var harness = harness()
    try harness.prove(.test(1), at: Self.victim)
    #expect(reached(&harness, .test(1)) == 200_000)
    // However little the proof is worth later, somebody does receive there.
    harness.router.revokeAll()
    #expect(reached(&harness, .test(1)) == 200_000)
    harness.advance(.seconds(601))
    harness.discover(.test(1), from: .udp(Self.victim))
    #expect(reached(&harness, .test(1)) <= 65_536)
  }

  @Test func aNewEndpointIsAskedAndItsAnswerEndsTheLimit() {
    let address = Endpoint(ipv4: 198, 51, 100, 7, port: 9_001)
    var harness = harness(advertised: [Endpoint(high: 1 << 61, low: 1, port: 9_001), address])
    harness.discover(.test(1), from: .udp(Self.victim))
    #expect(harness.outputs.contains(.punch(.udp(Self.victim), PunchCommand(endpoint: address))))
    harness.discover(.test(2), from: .udp(Self.victim))
    _ = reached(&harness, .test(1))
    // From elsewhere it says nothing.
    harness.frame(Punch().encoded(), from: .udp(.test(99, port: 1)))
    #expect(reached(&harness, .test(1)) == 0)
    harness.frame(Punch().encoded(), from: .udp(Self.victim))
    #expect(reached(&harness, .test(1)) == 200_000)
    #expect(reached(&harness, .test(2)) == 200_000)
    expect(harness.statistics.greetings, 2)
    expect(harness.statistics.signs, 1)
    // Who has answered isn't asked again, until it is elsewhere.
    harness.discover(.test(1), from: .udp(Self.victim))
    expect(harness.statistics.greetings, 2)
    harness.advance(.seconds(31))
    harness.discover(.test(1), from: .udp(.test(99, port: 5)))
    // It moves when nothing comes from where it was.
    for _ in 0..<4 {
      harness.advance(.seconds(1))
      harness.tick()
    }
    expect(harness.statistics.moves.total, 1)
    expect(harness.statistics.greetings, 3)
  }

  @Test func aSignThatNobodyAskedForOrThatComesLateSaysNothing() {
    let address = Endpoint(ipv4: 198, 51, 100, 7, port: 9_001)
    var harness = harness()
    harness.discover(.test(1), from: .udp(Self.victim))
    harness.frame(Punch().encoded(), from: .udp(Self.victim))
    #expect(reached(&harness, .test(1)) <= 65_536)
    harness = self.harness(advertised: [address])
    harness.discover(.test(1), from: .udp(Self.victim))
    harness.advance(.milliseconds(3_001))
    harness.frame(Punch().encoded(), from: .udp(Self.victim))
    #expect(reached(&harness, .test(1)) <= 65_536)
    expect(harness.statistics.signs, 0)
  }

  @Test func questionsToOneAddressAreTenASecondBehindABurst() {
    var harness = harness(advertised: [Endpoint(ipv4: 198, 51, 100, 7, port: 9_001)])
    for node in 1...50 as ClosedRange<UInt32> { harness.discover(.test(node), from: .udp(Self.victim)) }
    expect(harness.statistics.greetings, 40)
    // The others are asked at their next Discovers.
    harness.advance(.seconds(2))
    for node in 1...50 as ClosedRange<UInt32> { harness.discover(.test(node), from: .udp(Self.victim)) }
    expect(harness.statistics.greetings, 60)
  }
}
