import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A table that is full: it neither grows nor closes.
struct RouterCapacityTests {
  private static func configuration(capacity: Int) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = capacity
    return configuration
  }

  private func prove(_ harness: inout RouterHarness, _ node: NodeID, at endpoint: Endpoint) throws {
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(at: harness.now, wantsDestination: false),
      token: ChallengeToken(high: 0, low: 0))
    let answer = harness.proven(try FakeAuthenticator.proof(of: challenge, by: .test(1)), from: endpoint)
    #expect(answer != nil)
  }

  @Test func aFloodOfAMillionNodesStaysAtTheCap() {
    let capacity = 20_000
    var router = Router(Self.configuration(capacity: capacity), seed: 3)
    var generator = SeededRandom(seed: 3)
    var now = MonotonicInstant.start
    for number in 0..<1_000_000 as Range<UInt32> {
      now = now.advanced(by: .microseconds(10))
      let frame = Discover(node: .test(UInt32.random(in: 1...UInt32.max, using: &generator))).encoded()
      let action = router.on(frame.span.raw, from: .udp(test: number), at: now)
      var isAnswered = false
      while let output = router.nextOutput() {
        if case .reply = output { isAnswered = true }
      }
      guard isAnswered else {
        Issue.record("not answered: \(action)")
        return
      }
    }
    let statistics = router.statistics
    #expect(statistics.nodes == capacity)
    #expect(statistics.accountedFor == statistics.frames)
    #expect(statistics.discovers[.registered] == statistics.evictions + UInt64(capacity))
    #expect(statistics.discovers[.refusedFull] == 0)
  }

  @Test func aFloodPushesItselfOutAndNotTheSettled() {
    let capacity = 4096
    var harness = RouterHarness(Self.configuration(capacity: capacity))
    let settled = 1...1000 as ClosedRange<UInt32>
    for number in settled { harness.discover(.test(number), from: .udp(test: number)) }
    harness.advance(.seconds(31))
    for number in settled { harness.discover(.test(number), from: .udp(test: number)) }
    for number in 10_001...60_000 as ClosedRange<UInt32> {
      harness.discover(.test(number), from: .udp(test: 100_000 + number % 64))
      harness.advance(.microseconds(100))
    }
    for number in settled { harness.expectUDP(.test(number), at: .test(number)) }
    expect(harness.statistics.nodes, capacity)
  }

  @Test func evenATableOfTheSettledTakesNewcomers() {
    var harness = RouterHarness(Self.configuration(capacity: 100))
    for number in 1...100 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    harness.advance(.seconds(31))
    for number in 1...100 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    harness.discover(.test(500), from: .udp(test: 500))
    harness.expectUDP(.test(500), at: .test(500))
    expect(harness.statistics.nodes, 100)
    expect(harness.statistics.evictions, 1)
  }

  @Test func theOneSilentLongestGoes() {
    var harness = RouterHarness(Self.configuration(capacity: 8))
    for number in 1...8 as ClosedRange<UInt32> {
      harness.discover(.test(number), from: .udp(test: number))
      harness.advance(.milliseconds(1))
    }
    harness.relay(.test(1), to: .test(1), from: .udp(test: 1))
    harness.discover(.test(9), from: .udp(test: 9))
    harness.expectNowhere(.test(2))
    for number in [1, 3, 4, 5, 6, 7, 8, 9] as [UInt32] { harness.expectUDP(.test(number), at: .test(number)) }
  }

  @Test func whatHasRunOutGoesFirst() {
    var harness = RouterHarness(Self.configuration(capacity: 4))
    harness.discover(.test(1), from: .udp(test: 1))
    harness.advance(.seconds(540))
    for number in 2...4 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    harness.relay(.test(1), to: .test(1), from: .udp(test: 1))
    harness.advance(.seconds(60))
    harness.discover(.test(5), from: .udp(test: 5))
    for number in 2...5 as ClosedRange<UInt32> { harness.expectUDP(.test(number), at: .test(number)) }
  }

  @Test func theProvenGoOnlyForTheProven() throws {
    var harness = RouterHarness(Self.configuration(capacity: 8))
    for number in 1...8 as ClosedRange<UInt32> {
      try prove(&harness, .test(number), at: .test(number))
      harness.advance(.milliseconds(1))
    }
    expect(harness.discover(.test(9), from: .udp(test: 9)), .reply(.udp(test: 9)))
    harness.expectNowhere(.test(9))
    expect(harness.statistics.discovers[.refusedFull], 1)
    try prove(&harness, .test(9), at: .test(9))
    harness.expectUDP(.test(9), at: .test(9))
    harness.expectNowhere(.test(1))
    expect(harness.statistics.nodes, 8)
  }

  @Test func oneUnprovenEntryGoesBeforeManyProven() throws {
    var harness = RouterHarness(Self.configuration(capacity: 8))
    for number in 1...7 as ClosedRange<UInt32> { try prove(&harness, .test(number), at: .test(number)) }
    harness.advance(.seconds(1))
    harness.discover(.test(8), from: .udp(test: 8))
    harness.discover(.test(9), from: .udp(test: 9))
    harness.expectUDP(.test(9), at: .test(9))
    for number in 1...7 as ClosedRange<UInt32> { harness.expectUDP(.test(number), at: .test(number)) }
  }

  @Test func aCapacityOfNothingCountsAsOne() {
    var harness = RouterHarness(Self.configuration(capacity: 0))
    harness.discover(.test(1), from: .udp(test: 1))
    harness.expectUDP(.test(1), at: .test(1))
    harness.discover(.test(2), from: .udp(test: 2))
    harness.expectUDP(.test(2), at: .test(2))
    expect(harness.statistics.nodes, 1)
  }

  @Test func theSameInputGivesTheSameOutput() {
    func run() -> [Reaction] {
      var harness = RouterHarness(Self.configuration(capacity: 50))
      var generator = SeededRandom(seed: 9)
      return (0..<3000).map { _ in
        let node = NodeID.test(UInt32.random(in: 1...200, using: &generator))
        let origin = FrameOrigin.udp(test: UInt32.random(in: 1...3, using: &generator))
        harness.advance(.milliseconds(100))
        return Bool.random(using: &generator)
          ? harness.discover(node, from: origin)
          : harness.relay(node, to: .test(UInt32.random(in: 1...200, using: &generator)), from: origin)
      }
    }
    #expect(run() == run())
  }
}
