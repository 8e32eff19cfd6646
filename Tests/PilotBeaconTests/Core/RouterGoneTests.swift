import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Who is told that a destination isn't here, how often, and who isn't.
struct RouterGoneTests {
  private static let sender = NodeID.test(1)
  private static let other = NodeID.test(2)
  private static let absent = NodeID.test(7)
  private static let connection = ConnectionID(rawValue: 10)
  private static let overWSS = FrameOrigin.wss(connection, sender)
  private static let overUDP = FrameOrigin.udp(test: 1)

  /// The sender speaks `pilot.v2`, and has proven to be over UDP, too.
  private static func populated() throws -> RouterHarness {
    var harness = RouterHarness()
    harness.attach(node: sender, connection: connection, isOwn: true)
    try prove(sender, at: .test(1), &harness)
    return harness
  }

  private static func prove(_ node: NodeID, at endpoint: Endpoint, _ harness: inout RouterHarness) throws {
    let stamp = ChallengeStamp(at: harness.now, wantsDestination: false)
    let challenge = DiscoverChallenge(node: node, stamp: stamp, token: ChallengeToken(high: 0, low: 0))
    harness.proven(FakeAuthenticator.proof(of: challenge, by: try .test(1)), from: endpoint)
  }

  private static func notice(
    of node: NodeID = absent, _ hop: Hop, _ reason: Gone.Reason = .notAttached
  ) -> [RouterOutput] {
    [.gone(hop, Gone(destination: node, reason: reason))]
  }

  @Test func theSenderIsToldOnTheWayThatItsFrameCameBy() throws {
    var harness = try Self.populated()
    expect(harness.relay(Self.sender, to: Self.absent, from: Self.overWSS), .drop(.destinationUnknown))
    expect(harness.gone, Self.notice(.wss(Self.connection)))
    harness.advance(.seconds(1))
    expect(harness.relay(Self.sender, to: Self.absent, from: Self.overUDP), .drop(.destinationUnknown))
    expect(harness.gone, Self.notice(.udp(.test(1))))
    expect(harness.statistics.goneNotices, 2)
    expect(harness.statistics.goneNoticesHeldBack, 0)
  }

  @Test func theNoticeLeavesFromTheAddressThatTheFrameWasWrittenTo() throws {
    var harness = try Self.populated()
    let local = LocalAddress(index: 3)
    harness.relay(Self.sender, to: Self.absent, from: .udp(.test(1), local))
    expect(harness.gone, Self.notice(.udp(.test(1), from: local)))
  }

  @Test func whoHasShownNothingIsToldNothing() {
    var harness = RouterHarness()
    harness.attach(node: Self.sender, connection: Self.connection)
    harness.discover(Self.other, from: .udp(test: 2))
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, [])
    harness.relay(Self.other, to: Self.absent, from: .udp(test: 2))
    expect(harness.gone, [])
    expect(harness.statistics.goneNotices, 0)
    expect(harness.statistics.goneNoticesHeldBack, 0)
    expect(harness.statistics.drops[.destinationUnknown], 2)
  }

  /// A proof shows what its node knows, at its endpoint; the older connection of a deployed program is another matter.
  @Test func whatIsShownOnOneWayDoesNotCountOnAnother() throws {
    var harness = RouterHarness()
    harness.attach(node: Self.sender, connection: Self.connection)
    try Self.prove(Self.sender, at: .test(1), &harness)
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, [])
    harness.relay(Self.sender, to: Self.absent, from: Self.overUDP)
    expect(harness.gone, Self.notice(.udp(.test(1))))
  }

  @Test func aForgedSourceGetsNothing() throws {
    var harness = try Self.populated()
    for origin in [FrameOrigin.udp(test: 66), .udp(.test(1, port: 4_001)), .wss(99, Self.sender)] {
      harness.relay(Self.sender, to: Self.absent, from: origin)
      expect(harness.gone, [])
    }
    expect(harness.statistics.drops[.destinationUnknown], 0)
  }

  @Test func whoIsToldNoMoreOnceItsProofIsTakenBack() throws {
    var harness = RouterHarness()
    try Self.prove(Self.sender, at: .test(1), &harness)
    harness.router.revokeAll()
    expect(harness.relay(Self.sender, to: Self.absent, from: Self.overUDP), .drop(.destinationUnknown))
    expect(harness.gone, [])
  }

  @Test func oneNoticeASecondForEachDestination() throws {
    var harness = try Self.populated()
    for second in 0..<3 {
      for step in 0..<10 {
        for number in [7, 8] as [UInt32] {
          harness.relay(Self.sender, to: .test(number), from: step % 2 == 0 ? Self.overWSS : Self.overUDP)
          expect(harness.gone.count, step == 0 ? 1 : 0)
        }
        harness.advance(.milliseconds(100))
      }
      expect(harness.statistics.goneNotices, UInt64(2 * (second + 1)))
    }
    expect(harness.statistics.goneNoticesHeldBack, 54)
  }

  @Test func nobodyElseIsKeptWaitingByThat() throws {
    var harness = try Self.populated()
    harness.attach(node: Self.other, connection: ConnectionID(rawValue: 20), isOwn: true)
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    harness.relay(Self.other, to: Self.absent, from: .wss(20, Self.other))
    expect(harness.gone, Self.notice(.wss(ConnectionID(rawValue: 20))))
  }

  @Test func aSenderIsToldOf32ASecondAndThenOfEveryOther() throws {
    var harness = try Self.populated()
    for number in 100..<600 as Range<UInt32> { harness.relay(Self.sender, to: .test(number), from: Self.overWSS) }
    expect(harness.statistics.goneNotices, UInt64(GoneNotices.perSender))
    harness.advance(.seconds(1))
    for number in 600..<1_100 as Range<UInt32> { harness.relay(Self.sender, to: .test(number), from: Self.overWSS) }
    expect(harness.statistics.goneNotices, UInt64(2 * GoneNotices.perSender))
  }

  /// A flow to one that is gone takes one notice a second of its sender's share, not one for each frame.
  @Test func aFlowToOneThatIsGoneLeavesTheShareForOthers() throws {
    var harness = try Self.populated()
    for _ in 0..<1_000 { harness.relay(Self.sender, to: Self.absent, from: Self.overWSS) }
    harness.relay(Self.sender, to: .test(8), from: Self.overWSS)
    expect(harness.gone, Self.notice(of: .test(8), .wss(Self.connection)))
  }

  /// Eight nodes ask for every number there is, as fast as they may: who is told once a second stays so.
  @Test func aFloodOfNumbersPushesOutNobodysSecond() throws {
    var configuration = RouterConfiguration()
    configuration.relayRate = 0
    var harness = RouterHarness(configuration)
    for number in 1...9 as ClosedRange<UInt32> {
      harness.attach(node: .test(number), connection: ConnectionID(rawValue: UInt64(number)), isOwn: true)
    }
    var told = 0
    for step in 0..<1_000 as Range<UInt32> {
      harness.relay(.test(9), to: .test(1_000_000), from: .wss(9, .test(9)))
      told += harness.gone.count
      for number in 1...8 as ClosedRange<UInt32> {
        for next in 0..<10 as Range<UInt32> {
          harness.relay(.test(number), to: .test(1_000 + step * 10 + next), from: .wss(UInt64(number), .test(number)))
        }
      }
      harness.advance(.milliseconds(10))
    }
    #expect(told == 10)
  }

  // MARK: Who has just gone

  @Test func whoseConnectionEndedWithinTheMinuteHasJustGone() throws {
    var harness = try Self.populated()
    harness.attach(node: Self.absent, connection: ConnectionID(rawValue: 70))
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, [])
    harness.detach(node: Self.absent, connection: ConnectionID(rawValue: 70))
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, Self.notice(.wss(Self.connection), .hasJustGone))
    harness.advance(.nanoseconds(59_999_999_999))
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, Self.notice(.wss(Self.connection), .hasJustGone))
    harness.advance(.seconds(1))
    harness.relay(Self.sender, to: Self.absent, from: Self.overWSS)
    expect(harness.gone, Self.notice(.wss(Self.connection), .notAttached))
  }

  @Test func whoIsStillOverUDPHasNotGone() throws {
    var harness = try Self.populated()
    harness.attach(node: Self.other, connection: ConnectionID(rawValue: 20), isOwn: true)
    try Self.prove(Self.other, at: .test(2), &harness)
    harness.detach(node: Self.other, connection: ConnectionID(rawValue: 20))
    expect(
      harness.relay(Self.sender, to: Self.other, from: Self.overWSS),
      .deliverUDP(.test(2), DeliverHeader(sender: Self.sender)))
    harness.router.revoke(Self.other)
    harness.relay(Self.sender, to: Self.other, from: Self.overWSS)
    expect(harness.gone, Self.notice(of: Self.other, .wss(Self.connection), .notAttached))
  }

  /// The last thousands who left are remembered, whoever they are.
  @Test func departuresAreBounded() {
    var departures = Departures(seed: 3)
    for number in 1...100_000 as ClosedRange<UInt32> { departures.note(.test(number), at: UInt64(number)) }
    let left = (1...100_000 as ClosedRange<UInt32>).count { departures.contains(.test($0), at: 100_000) }
    #expect(left > 3_900 && left <= 4_096)
    #expect(departures.contains(.test(100_000), at: 100_000))
  }

  @Test func nothingIsOverWhenTheFirstSecondsAreCounted() {
    let departures = Departures(seed: 3)
    #expect((1...1_000 as ClosedRange<UInt32>).allSatisfy { !departures.contains(.test($0), at: 0) })
  }
}
