import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// What one source gets of a router: registrations, frames, and what it is sent unasked.
struct RouterShareTests {
  private func configuration(_ change: (inout RouterConfiguration) -> Void) -> RouterConfiguration {
    var configuration = RouterConfiguration()
    change(&configuration)
    return configuration
  }

  // MARK: Registrations

  @Test func aSourceHoldsSoManyNodesAndIsAnsweredBeyond() {
    var harness = RouterHarness(configuration { $0.nodesPerSource = 3 })
    for node in 1...5 as ClosedRange<UInt32> {
      let origin = FrameOrigin.udp(.test(1, port: UInt16(node)))
      expect(harness.discover(.test(node), from: origin), .reply(origin))
    }
    expect(harness.statistics.nodes, 3)
    expect(harness.statistics.discovers[.refusedSourceFull], 2)
    harness.expectNowhere(.test(4))
    harness.discover(.test(6), from: .udp(test: 2))
    harness.expectUDP(.test(6), at: .test(2))
    // One that is there stays, and one that goes makes room.
    harness.discover(.test(1), from: .udp(.test(1, port: 1)))
    expect(harness.statistics.discovers[.refreshed], 1)
    harness.attach(node: .test(1), connection: ConnectionID(rawValue: 1))
    harness.discover(.test(4), from: .udp(.test(1, port: 4)))
    harness.expectUDP(.test(4), at: .test(1, port: 4))
  }

  @Test func theProvenTakeNoShareAndRunningOutGivesItBack() throws {
    var harness = RouterHarness(configuration { $0.nodesPerSource = 1 })
    harness.discover(.test(1), from: .udp(.test(1, port: 1)))
    try harness.prove(.test(1), at: .test(1, port: 1))
    harness.discover(.test(2), from: .udp(.test(1, port: 2)))
    harness.expectUDP(.test(2), at: .test(1, port: 2))
    harness.discover(.test(3), from: .udp(.test(1, port: 3)))
    harness.expectNowhere(.test(3))
    harness.advance(.seconds(601))
    harness.router.expire(at: harness.now, limit: 10_000)
    harness.discover(.test(3), from: .udp(.test(1, port: 3)))
    harness.expectUDP(.test(3), at: .test(1, port: 3))
  }

  @Test func aMoveIntoAFullSourceLeavesTheNodeWhereItWas() {
    var harness = RouterHarness(configuration { $0.nodesPerSource = 1 })
    harness.discover(.test(1), from: .udp(test: 1))
    harness.discover(.test(2), from: .udp(test: 2))
    harness.advance(.seconds(76))
    harness.discover(.test(2), from: .udp(test: 1))
    expect(harness.statistics.discovers[.refusedSourceFull], 1)
    expect(harness.statistics.moves[.silence], 0)
    harness.expectUDP(.test(2), at: .test(2))
  }

  @Test func aKnownKeyComesInBeyondTheShare() {
    var harness = RouterHarness(configuration { $0.nodesPerSource = 2 }, listed: [.test(9)])
    for node in 1...9 as ClosedRange<UInt32> {
      harness.discover(.test(node), from: .udp(.test(1, port: UInt16(node))))
    }
    expect(harness.statistics.nodes, 3)
    harness.expectUDP(.test(9), at: .test(1, port: 9))
  }

  // MARK: Eviction

  @Test func oneAddressEvictsNobody() {
    var harness = RouterHarness(
      configuration {
        $0.nodeCapacity = 2_000
        $0.discoversPerSource = 1_000_000
      })
    let honest = 1...200 as ClosedRange<UInt32>
    for number in honest { harness.discover(.test(number), from: .udp(test: number)) }
    for number in 0..<1_000_000 as Range<UInt32> {
      flood(&harness, .test(1_000 + number), from: .test(666, port: UInt16(1 + number % 60_000)))
    }
    for number in honest { harness.expectUDP(.test(number), at: .test(number)) }
    expect(harness.statistics.evictions, 0)
    expect(harness.statistics.nodes, 200 + 1_024)
  }

  /// 250 addresses with all that each may hold, some of it old, against honest nodes new and old.
  @Test func manyAddressesPushOutEachOther() {
    var harness = RouterHarness(
      configuration {
        $0.nodeCapacity = 20_000
        $0.nodesPerSource = 128
      })
    let honest = 1...200 as ClosedRange<UInt32>
    for number in honest.prefix(100) { harness.discover(.test(number), from: .udp(test: number)) }
    for round in 0..<2 as Range<UInt32> {
      for number in 0..<20_000 as Range<UInt32> {
        flood(&harness, .test(1_000 + number), from: .test(10_000 + number % 250))
        if round == 0, number == 10_000 {
          for number in honest.suffix(100) { harness.discover(.test(number), from: .udp(test: number)) }
        }
      }
      harness.advance(.seconds(31))
    }
    for number in 0..<60_000 as Range<UInt32> {
      flood(&harness, .test(100_000 + number), from: .test(20_000 + number % 250))
    }
    for number in honest { harness.expectUDP(.test(number), at: .test(number)) }
    expect(harness.statistics.nodes, 20_000)
  }

  @Test func noNumberOfOthersEvictsAListedNode() {
    let listed = Set((1...8 as ClosedRange<UInt32>).map { NodeID.test($0) })
    var harness = RouterHarness(configuration { $0.nodeCapacity = 8 }, listed: listed)
    for number in 1...7 as ClosedRange<UInt32> { harness.discover(.test(number), from: .udp(test: number)) }
    for number in 0..<10_000 as Range<UInt32> {
      harness.advance(.milliseconds(1))
      flood(&harness, .test(1_000 + number), from: .test(1_000 + number))
    }
    for number in 1...7 as ClosedRange<UInt32> { harness.expectUDP(.test(number), at: .test(number)) }
    // It takes the place of a stranger.
    harness.discover(.test(8), from: .udp(test: 8))
    for number in 1...8 as ClosedRange<UInt32> { harness.expectUDP(.test(number), at: .test(number)) }
    flood(&harness, .test(99_999), from: .test(5_000))
    expect(harness.statistics.discovers[.refusedFull], 1)
  }

  private func flood(_ harness: inout RouterHarness, _ node: NodeID, from source: Endpoint) {
    _ = harness.router.on(Discover(node: node).encoded().span.raw, from: .udp(source), at: harness.now)
    while harness.router.nextOutput() != nil {}
  }

  // MARK: Frames

  @Test func unprovenNodesOfOneAddressShareItsRate() {
    var harness = RouterHarness(configuration { $0.relayRate = 10 })
    harness.discover(.test(1), from: .udp(.test(1, port: 1)))
    harness.discover(.test(2), from: .udp(.test(1, port: 2)))
    harness.discover(.test(3), from: .udp(test: 3))
    func relayed(_ node: UInt32, _ origin: FrameOrigin) -> Int {
      (0..<100).count { _ in
        if case .deliver = harness.relay(.test(node), to: .test(node), from: origin) { true } else { false }
      }
    }
    #expect(relayed(1, .udp(.test(1, port: 1))) == 10)
    #expect(relayed(2, .udp(.test(1, port: 2))) == 0)
    #expect(relayed(3, .udp(test: 3)) == 10)
    expect(harness.statistics.drops[.rateLimited], 280)
    let top = harness.router.takeTopSources(5)
    #expect(top?.top.map(\.source) == [SourceKey(Endpoint.test(1)), SourceKey(Endpoint.test(3))])
    #expect(top?.total == 280)
    // Another port of the address, after a silence, is no other source.
    harness.advance(.seconds(31))
    #expect(relayed(1, .udp(.test(1, port: 7))) == 10)
    #expect(relayed(2, .udp(.test(1, port: 8))) == 0)
  }

  @Test func provenAndAttachedNodesGetTenTimesAsMuchEach() throws {
    var harness = RouterHarness(configuration { $0.relayRate = 10 })
    func relayed(_ node: UInt32, _ origin: FrameOrigin) -> Int {
      (0..<300).count { _ in
        if case .deliver = harness.relay(.test(node), to: .test(9), from: origin) { true } else { false }
      }
    }
    harness.attach(node: .test(9), connection: ConnectionID(rawValue: 9))
    try harness.prove(.test(1), at: .test(1))
    try harness.prove(.test(2), at: .test(1, port: 2))
    harness.attach(node: .test(3), connection: ConnectionID(rawValue: 1))
    #expect(relayed(1, .udp(.test(1))) == 100)
    #expect(relayed(2, .udp(.test(1, port: 2))) == 100)
    #expect(relayed(3, .wss(1, .test(3))) == 100)
    // Another connection, or another proof, buys nothing.
    harness.attach(node: .test(3), connection: ConnectionID(rawValue: 2))
    #expect(relayed(3, .wss(2, .test(3))) == 0)
    try harness.prove(.test(1), at: .test(5))
    #expect(relayed(1, .udp(.test(5))) == 0)
    // Whose proof counts no longer is one of its address.
    harness.router.revokeAll()
    #expect(relayed(2, .udp(.test(1, port: 2))) == 10)
  }

  // MARK: Discovers

  @Test func aFloodOfDiscoversIsAnsweredAsFarAsItsSourcesShareGoes() {
    var harness = RouterHarness()
    for node in 1...5_000 as ClosedRange<UInt32> { harness.discover(.test(node), from: .udp(.test(1, port: 7))) }
    expect(harness.statistics.discovers.total, 1_000)
    expect(harness.statistics.drops[.rateLimited], 4_000)
    // Somebody else, and the same one a second later.
    harness.discover(.test(9_000), from: .udp(.test(2)))
    expect(harness.statistics.discovers.total, 1_001)
    harness.advance(.seconds(1))
    for node in 1...5_000 as ClosedRange<UInt32> { harness.discover(.test(node), from: .udp(.test(1, port: 7))) }
    expect(harness.statistics.discovers.total, 1_501)
  }

  // MARK: Unasked

  @Test func challengesToOneSourceAreTenASecondInAll() throws {
    var harness = RouterHarness()
    let key = try PublicKey.test(1)
    var challenges = 0
    for node in 1...40 as ClosedRange<UInt32> {
      harness.discover(.test(node), from: .udp(.test(1, port: UInt16(node))), key: key)
      let found = harness.offer
      let offer = try #require(found)
      harness.router.foundKey(key, for: offer, at: harness.now)
      while let output = harness.router.nextOutput() {
        if case .challenge = output { challenges += 1 }
      }
    }
    #expect(challenges == 10)
    expect(harness.statistics.challengesHeldBack, 30)
  }
}

extension RouterHarness {
  /// A proof of this moment has been verified.
  mutating func prove(_ node: NodeID, at endpoint: Endpoint) throws {
    advance(.milliseconds(1))
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(at: now, wantsDestination: false), token: ChallengeToken(high: 0, low: 0))
    let signature = FakeAuthenticator.signature(of: challenge.signedText(naming: .test), by: try .test(1))
    let answer = proven(DiscoverProof(challenge: challenge, signature: signature, beacon: .test), from: endpoint)
    #expect(answer != nil)
  }
}
