import Logging
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotBeacon

/// Two beacons that hear of each other, with the sockets of a network in memory: from a node's Discover to a frame across.
@Suite(.timeLimit(.minutes(1)))
struct ClusterPresenceTests {
  private static let secret = Array("a secret of thirty-two characters".utf8)

  private final class Beacon {
    let engine: RelayEngine
    let presence: ClusterPresence
    let socket: InMemoryTransport
    let totals = RelayTotals()
    let lines = Lines()
    private let relay: FrameRelay
    private(set) var now = MonotonicInstant.start.advanced(by: .seconds(1_000))

    init(_ beaconID: UInt32, on network: InMemoryNetwork, _ hub: PresenceHub) throws {
      var configuration = RouterConfiguration()
      configuration.isInCluster = true
      engine = RelayEngine(configuration, seed: 7)
      socket = try network.makeTransport()
      let secret = try ClusterSecret(ClusterPresenceTests.secret)
      let member = try #require(
        ClusterMember(
          beaconID: beaconID, epoch: 3, endpoint: socket.localEndpoint, fingerprint: secret.fingerprint))
      let peers = ClusterPeers(ClusterIdentity(member), secret: secret)
      let recorder = Recorder(lines: lines)
      presence = ClusterPresence(
        member, engine: engine, peers: peers, presence: hub.makePresence(), capacity: 1_000, seed: 9,
        logger: Logger(label: "test") { _ in recorder }, startedAt: now)
      relay = FrameRelay(
        engine: engine, udp: socket, authenticator: FakeAuthenticator(keys: [:]), totals: totals,
        lane: peers.makeLane(),
        submit: { _ in false })
    }

    func hand(_ frames: [[UInt8]], from source: Endpoint) throws {
      var batch = FrameBatch()
      for frame in frames {
        let fitted = batch.append(frame.span.raw, to: source)
        try #require(fitted)
      }
      // SAFETY: the batch lives, unchanged, until the relay is done with what is lent.
      unsafe relay.relay(datagrams: LentFrames(runs: batch.runs, frames: batch.count), at: now)
      relay.flush()
    }

    func advance(_ duration: Duration) { now = now.advanced(by: duration) }
    func look() { presence.look(at: now) }
    var counts: ClusterCounts { presence.counts(at: now) }
    var statistics: RouterStatistics { engine.statistics }
  }

  /// Runs two beacons that know each other.
  private static func withPair(_ body: (Beacon, Beacon, PresenceHub, InMemoryNetwork) async throws -> Void) async throws
  {
    let (hub, network) = (PresenceHub(), InMemoryNetwork())
    let (one, other) = (try Beacon(1, on: network, hub), try Beacon(2, on: network, hub))
    let clock = ManualClock()
    let (presences, now) = ([one.presence, other.presence], one.now)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for presence in presences { group.addTask { await presence.run(clock: clock, now: { now }) } }
      await clock.sleepers(atLeast: 2)
      while one.counts.beacons.isEmpty || other.counts.beacons.isEmpty { await Task.yield() }
      defer { group.cancelAll() }
      try await body(one, other, hub, network)
    }
  }

  private static func frame(_ length: Int = 3) -> [UInt8] {
    Relay.encoded(sender: .test(7), destination: .test(9), payload: [UInt8](repeating: 5, count: length))
  }

  @Test func aFrameGoesAcrossToWhoHasJustCome() async throws {
    try await Self.withPair { one, other, hub, network in
      let node = try network.makeTransport()
      try other.hand([Discover(node: .test(9)).encoded()], from: node.localEndpoint)
      try one.hand([Discover(node: .test(7)).encoded()], from: .test(70))
      other.look()
      one.look()
      hub.settle()
      #expect(one.counts.beacons.map(\.nodes) == [1])
      #expect(one.statistics.clusterNodes == 1)
      try one.hand([Self.frame(3), Self.frame(200)], from: .test(70))
      #expect(one.statistics.relayedToNeighbours == 2)

      var receiver = try other.socket.makeReceiver()
      var passed: [[UInt8]] = []
      while passed.count < 2 { passed.append(try await receiver.next().bytes.copied()) }
      #expect(passed.map(\.first) == [0x0F, 0x0F])
      try other.hand(passed + passed, from: one.socket.localEndpoint)
      #expect(other.statistics.relayedFromNeighbours == 2)
      #expect(other.statistics.drops[.replayedRelay] == 2)
      var inbox = try node.makeReceiver()
      var payloads: [Int] = []
      while payloads.count < 2 {
        let frame = try await inbox.next()
        if let delivery = try? RelayDeliver(parsing: frame.bytes) { payloads.append(delivery.payload.byteCount) }
      }
      #expect(payloads == [3, 200])
      #expect(other.statistics.accountedFor == other.statistics.frames)
    }
  }

  @Test func aBeaconWithAnotherSecretIsNamedOnceAndCountedWhileItIsThere() async throws {
    try await Self.withPair { one, _, _, _ in
      let end = "has another secret"
      #expect(one.lines.all.count { $0.contains(end) } == 0 && one.counts.beaconsWithAnotherSecret == 0)
      let own = one.presence.own.fingerprint
      let fingerprints = [own.map { $0 &+ 1 }, own, nil]
      for (index, fingerprint) in fingerprints.enumerated() {
        let member = try #require(
          ClusterMember(beaconID: UInt32(90 + index), epoch: 1, endpoint: .test(1), fingerprint: fingerprint))
        // With each beat.
        for _ in 0..<3 { one.presence.hear([.member(member)], at: one.now) }
      }
      #expect(one.lines.all.count { $0.contains(end) } == 1)
      #expect(one.counts.beacons.count == 4 && one.counts.beaconsWithAnotherSecret == 1)
      one.presence.hear([.gone(90)], at: one.now)
      #expect(one.counts.beaconsWithAnotherSecret == 0)
    }
  }

  @Test func whoGoesOrFallsSilentIsForgotten() async throws {
    try await Self.withPair { one, other, hub, _ in
      for node in 1...3 as ClosedRange<UInt32> {
        try other.hand([Discover(node: .test(node)).encoded()], from: .test(node))
      }
      other.look()
      hub.settle()
      #expect(one.statistics.clusterNodes == 3)
      // Two rounds of announcements missed: every part of the tables is looked through in turn.
      other.advance(.seconds(136))
      for _ in 0..<other.engine.attachedParts { other.look() }
      hub.settle()
      #expect(one.statistics.clusterNodes == 0)
      #expect(one.counts.beacons.map(\.nodes) == [0])
    }
  }

  @Test func whatWasHeardStaysForTenMinutesOfSilence() async throws {
    try await Self.withPair { one, other, hub, _ in
      try other.hand([Discover(node: .test(9)).encoded()], from: .test(9))
      other.look()
      hub.settle()
      one.presence.hear([.lost("etcd is away"), .lost("still")], at: one.now)
      #expect(!one.counts.isUpToDate)
      #expect(one.counts.losses == 1)
      one.advance(.seconds(599))
      one.look()
      #expect(one.counts.silentSince == .seconds(599))
      #expect(one.statistics.clusterNodes == 1)
      one.presence.hear([.lost("still")], at: one.now)
      one.advance(.seconds(1))
      one.look()
      #expect(one.statistics.clusterNodes == 0)
      #expect(one.counts.beacons.isEmpty)
      // And it all comes back.
      hub.cut(1, false)
      #expect(one.statistics.clusterNodes == 1)
      #expect(one.counts.isUpToDate)
      #expect(one.counts.silentSince == nil)
    }
  }

  @Test func whatDoesNotGetToTheOthersIsSaidOnceAndWhenThatIsOver() async throws {
    try await Self.withPair { one, _, _, _ in
      #expect(one.counts.isTold)
      let before = one.lines.all.count
      for reason in ["the database is full", "still"] { one.presence.hear([.untold(reason)], at: one.now) }
      #expect(!one.counts.isTold)
      #expect(one.counts.isUpToDate, "what others tell is heard all the same")
      for _ in 0..<2 { one.presence.hear([.told], at: one.now) }
      #expect(one.counts.isTold)
      let lines = one.lines.all.dropFirst(before)
      #expect(lines.count == 2)
      #expect(lines.first?.contains("aren't told who is here") == true)
      #expect(lines.first?.contains("the database is full") == true)
      #expect(lines.last?.contains("are told who is here") == true)
      one.presence.hear([.untold("again")], at: one.now)
      #expect(one.lines.all.count == before + 3)
    }
  }

  @Test func aBeaconThatIsCutOffGoesOnHereAndIsFoundAgain() async throws {
    try await Self.withPair { one, other, hub, _ in
      try other.hand([Discover(node: .test(9)).encoded()], from: .test(9))
      try one.hand([Discover(node: .test(7)).encoded()], from: .test(7))
      other.look()
      one.look()
      hub.settle()
      hub.cut(2, true)
      #expect(one.statistics.clusterNodes == 0)
      #expect(other.statistics.clusterNodes == 1)
      try one.hand([Self.frame()], from: .test(7))
      #expect(one.statistics.drops[.destinationUnknown] == 1)
      hub.cut(2, false)
      try one.hand([Self.frame()], from: .test(7))
      #expect(one.statistics.relayedToNeighbours == 1)
    }
  }

  @Test func moreChangesThanAreRememberedAreFoundByLookingAtAll() async throws {
    try await Self.withPair { one, other, hub, _ in
      let nodes = (0..<70_000 as Range<UInt32>).map { $0 + 1 }
      for start in stride(from: 0, to: nodes.count, by: 500) {
        let part = nodes[start..<min(start + 500, nodes.count)]
        // From many sources: each has a share.
        try other.hand(part.map { Discover(node: .test($0)).encoded() }, from: .test(UInt32(start) + 1))
      }
      other.look()
      hub.settle()
      #expect(one.counts.beacons.map(\.nodes) == [70_000])
      // One has no room for more than its configuration says.
      #expect(one.statistics.clusterNodes == 1_000)
      #expect(one.counts.leftOut == 69_000)
    }
  }
}
