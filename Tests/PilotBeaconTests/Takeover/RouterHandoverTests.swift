import PilotIdentity
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// A table of nodes that goes from one router to the next: all of it, what changes meanwhile, and what the next one doesn't take.
struct RouterHandoverTests {
  private static let first = NodeID.test(1)
  private static let second = NodeID.test(2)

  /// All that a router hands over now.
  private static func all(_ harness: borrowing RouterHarness) -> [HandedNode] {
    var nodes: [HandedNode] = []
    for part in 0..<harness.router.handoverParts {
      harness.router.handOver(part: part, at: harness.now.nanoseconds) { nodes.append($0) }
    }
    return nodes.sorted { $0.node.rawValue < $1.node.rawValue }
  }

  private static func adopt(_ nodes: [HandedNode], _ harness: inout RouterHarness) -> Int {
    nodes.count { harness.router.adopt($0, at: harness.now.nanoseconds) }
  }

  @Test func whoeverIsRegisteredIsReachedAfterwards() throws {
    var old = RouterHarness()
    var new = RouterHarness()
    for number in 1...500 {
      old.discover(.test(UInt32(number)), from: .udp(.test(UInt32(number), port: UInt16(number))))
    }
    let nodes = Self.all(old)
    expect(nodes.count, 500)
    expect(Self.adopt(nodes, &new), 500)
    expect(Self.all(new), nodes)
    for number in 1...500 {
      let node = NodeID.test(UInt32(number))
      let endpoint = Endpoint.test(UInt32(number), port: UInt16(number))
      expect(new.router.nodes.live(node, at: new.now.nanoseconds)?.endpoint, endpoint)
    }
  }

  @Test func whatChangesMeanwhileIsToldAndNothingElse() {
    var old = RouterHarness()
    old.discover(Self.first, from: .udp(test: 1))
    old.router.beginHandover()
    expect(old.router.takeChanges(at: old.now.nanoseconds), [])
    old.discover(Self.second, from: .udp(test: 2))
    let changes = old.router.takeChanges(at: old.now.nanoseconds)
    expect(changes?.map(\.node), [Self.second])
    expect(old.router.takeChanges(at: old.now.nanoseconds), [])
  }

  @Test func whoHasRunOutIsToldToBeGone() {
    var old = RouterHarness()
    old.discover(Self.first, from: .udp(test: 1))
    old.router.beginHandover()
    old.advance(.seconds(601))
    old.router.expire(at: old.now, limit: 1 << 20)
    expect(old.router.takeChanges(at: old.now.nanoseconds), [.absent(Self.first, hasProven: false)])
  }

  @Test func whoIsGoneThereIsGoneHere() {
    var old = RouterHarness()
    var new = RouterHarness()
    old.discover(Self.first, from: .udp(test: 1))
    _ = Self.adopt(Self.all(old), &new)
    expect(Self.adopt([.absent(Self.first, hasProven: true)], &new), 1)
    expect(new.router.nodes.count, 0)
    expect(new.router.provenNodes.contains(Self.first), true)
  }

  @Test func tooManyChangesAreSaidToBeTooMany() {
    var log = ChangeLog()
    for key in 0..<UInt32(ChangeLog.capacity) { log.note(key) }
    expect(log.take()?.count, ChangeLog.capacity)
    for key in 0...UInt32(ChangeLog.capacity) { log.note(key) }
    expect(log.take() == nil, true)
    expect(log.take() == nil, true)
  }

  @Test func allProofsTakenBackAreTooManyChanges() {
    var old = RouterHarness()
    old.router.beginHandover()
    old.router.revokeAll()
    expect(old.router.takeChanges(at: old.now.nanoseconds) == nil, true)
  }

  private static func record(_ flags: Registration.Flags, hasProven: Bool, at now: MonotonicInstant) -> HandedNode {
    let registration = Registration(
      at: .test(1), local: .any, flags: flags, since: now.nanoseconds, heardAt: now.nanoseconds,
      expiresAt: now.nanoseconds + 3_600_000_000_000, credit: 0)
    return .registered(RegistrationRecord(node: first, registration: registration, hasProven: hasProven))
  }

  @Test func aProofGoesAlong() {
    var new = RouterHarness()
    expect(new.router.adopt(Self.record([.proven], hasProven: true, at: new.now), at: new.now.nanoseconds), true)
    expect(new.router.nodes.live(Self.first, at: new.now.nanoseconds)?.isProven, true)
    expect(new.router.provenNodes.contains(Self.first), true)
  }

  @Test func aProofWithAnotherKeyProvesNothing() {
    var new = RouterHarness()
    let record = Self.record([.proven], hasProven: true, at: new.now)
    expect(new.router.adopt(record, isOtherKey: true, at: new.now.nanoseconds), true)
    expect(new.router.nodes.live(Self.first, at: new.now.nanoseconds)?.isProven, false)
    expect(new.router.provenNodes.contains(Self.first), false)
  }

  /// A registry that hasn't answered yet.
  private struct UnansweredKeys: KeyDirectory {
    func publicKey(of node: NodeID) async throws(KeyDirectoryError) -> PublicKey? {
      throw KeyDirectoryError(code: .unavailable, message: "it is asked later")
    }
  }

  @Test func aProofWithAKeyThatWasTakenOutProvesNothing() throws {
    let key = Identity().publicKey
    guard case .registered(var record) = Self.record([.proven], hasProven: true, at: .start) else { return }
    record.key = key.firstBytes
    let handed = HandedNode.registered(record)
    expect(handed.hasOtherKey(than: StaticKeyDirectory([:])), true)
    expect(handed.hasOtherKey(than: StaticKeyDirectory([Self.first: Identity().publicKey])), true)
    expect(handed.hasOtherKey(than: StaticKeyDirectory([Self.first: key])), false)
    expect(handed.hasOtherKey(than: UnansweredKeys()), false)
    record.key = 0
    expect(HandedNode.registered(record).hasOtherKey(than: StaticKeyDirectory([:])), true)
    expect(HandedNode.registered(record).hasOtherKey(than: StaticKeyDirectory([Self.first: key])), false)
  }

  @Test func itEndsNoLaterThanTheNewRouterAllows() {
    var new = RouterHarness()
    _ = new.router.adopt(Self.record([], hasProven: false, at: new.now), at: new.now.nanoseconds)
    new.advance(.seconds(600))
    expect(new.router.nodes.live(Self.first, at: new.now.nanoseconds) == nil, true)
  }

  @Test func whereAProofIsRequiredNobodyComesInWithout() {
    var configuration = RouterConfiguration()
    configuration.udpAuthentication = .require
    var new = RouterHarness(configuration)
    let refused = new.router.adopt(Self.record([], hasProven: false, at: new.now), at: new.now.nanoseconds)
    expect(refused, false)
    expect(new.router.adopt(Self.record([.proven], hasProven: true, at: new.now), at: new.now.nanoseconds), true)
  }

  @Test func aSmallerTableTakesWhatItHolds() {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = 10
    var old = RouterHarness()
    var new = RouterHarness(configuration)
    for number in 1...20 { old.discover(.test(UInt32(number)), from: .udp(test: UInt32(number))) }
    expect(Self.adopt(Self.all(old), &new), 10)
    expect(new.router.nodes.count, 10)
  }

  private static func handed(
    _ number: UInt32, _ flags: Registration.Flags = [], heardAt: UInt64, endpoint: UInt32 = 1
  ) -> HandedNode {
    let registration = Registration(
      at: .test(endpoint), local: .any, flags: flags, since: 1, heardAt: heardAt, expiresAt: 3_600_000_000_000,
      credit: 0)
    return .registered(
      RegistrationRecord(node: .test(number), registration: registration, hasProven: flags.contains(.proven)))
  }

  /// Whom a router with so much room has, once these have come.
  private static func kept(_ nodes: [HandedNode], room: Int, listed: Set<NodeID> = []) -> (Set<UInt32>, displaced: Int)
  {
    var configuration = RouterConfiguration()
    configuration.nodeCapacity = room
    var new = RouterHarness(configuration, listed: listed)
    _ = adopt(nodes, &new)
    let displaced = new.router.endAdoption()
    // That a node has proven itself is remembered beside it.
    let registered = all(new).filter { if case .registered = $0 { true } else { false } }
    return (Set(registered.map(\.node.rawValue)), displaced)
  }

  @Test func ofATableThatIsTooLargeTheProvenStayThenTheListedThenThoseHeardLast() {
    var nodes = (1...20).map { Self.handed(UInt32($0), heardAt: UInt64(100 + $0)) }
    nodes += (21...24).map { Self.handed(UInt32($0), heardAt: UInt64($0)) }
    nodes += (25...30).map { Self.handed(UInt32($0), .proven, heardAt: UInt64($0)) }
    let listed = Set((21...24).map { NodeID.test($0) })
    let (all, reversed) = (nodes, [HandedNode](nodes.reversed()))
    for order in [all, reversed, Array(all[14...] + all[..<14])] {
      expect(Self.kept(order, room: 12, listed: listed).0, Set([19, 20] + (21...30)))
      expect(Self.kept(order, room: 8, listed: listed).0, Set(23...30))
      expect(Self.kept(order, room: 4, listed: listed).0, Set(27...30))
    }
    expect(Self.kept(all, room: 30, listed: listed).displaced, 0)
    expect(Self.kept(reversed, room: 12, listed: listed).displaced, 0)
    expect(Self.kept(all, room: 12, listed: listed).displaced, 18)
  }

  @Test func whatChangesMeanwhileCountsAsItIsThen() {
    var nodes = (1...10).map { Self.handed(UInt32($0), heardAt: UInt64(100 + $0)) }
    // Full, and compared from now on: 11 takes the place of 1.
    nodes.append(Self.handed(11, heardAt: 200))
    // 2 has been heard again, 10 is known to have been silent, 3 is gone.
    nodes += [Self.handed(2, heardAt: 300), Self.handed(10, heardAt: 50), .absent(.test(3), hasProven: false)]
    nodes += [Self.handed(12, heardAt: 250), Self.handed(13, heardAt: 60), Self.handed(14, heardAt: 55)]
    let (kept, displaced) = Self.kept(nodes, room: 10)
    expect(kept, [2, 4, 5, 6, 7, 8, 9, 11, 12, 13])
    expect(displaced, 2)
  }

  @Test func anyOrderAndAnyChangesGiveTheSameAsSortingThem() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      var (nodes, latest): ([HandedNode], [UInt32: UInt64]) = ([], [:])
      for (index, number) in (0..<2_000).map({ _ in UInt32.random(in: 1...300, using: &random) }).enumerated() {
        // Later than all before: what was left out for being old hasn't been better than what stays.
        latest[number] = UInt64(1_000 + index)
        nodes.append(Self.handed(number, heardAt: UInt64(1_000 + index)))
      }
      let best = latest.sorted { $0.value > $1.value }.prefix(64).map(\.key)
      expect(Self.kept(nodes, room: 64).0, Set(best))
    }
  }

  @Test func allIsForgottenAgain() {
    var old = RouterHarness()
    var new = RouterHarness()
    for number in 1...300 { old.discover(.test(UInt32(number)), from: .udp(test: UInt32(number))) }
    _ = Self.adopt(Self.all(old), &new)
    new.router.forgetAll()
    expect(new.router.nodes.count, 0)
    expect(new.router.nodes.ledger.count(SourceKey(.test(1))), 0)
  }
}
