import Foundation
import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

/// Many beacons and their nodes around one etcd, in virtual time: nodes come, go and move, etcd is gone, cut off, compacted and wiped,
/// and in the end everybody knows where everybody is.
///
/// `PILOT_CLUSTER_BEACONS` and `PILOT_CLUSTER_NODES` make it larger: 100 and 1,000,000 take some minutes in a release build.
@Suite("A cluster in virtual time")
struct ClusterSimulationTests {
  /// A beacon as its driver runs it, but for the sockets.
  private struct Beacon {
    let member: ClusterMember
    var local: LocalPresence
    var pace = EtcdPace()
    /// What it has written to its nodes' keys has cost, in bytes.
    var written = 0
    var directory: ClusterDirectory
    var registration = EtcdRegistration()
    var view = EtcdView(from: EtcdKeys().first)
    var isCut = false
    /// What the watch gives next; nil without one.
    var cursor: Int64?
    /// Where the router thinks that nodes are.
    var places: [UInt32: UInt32] = [:]
    /// Its own nodes.
    var nodes: Set<UInt32> = []
    var beat: UInt64 = 0
    var surveys = 0
    var grants: [MonotonicInstant] = []
  }

  private struct World {
    let keys = EtcdKeys()
    var etcd = SimulatedEtcd()
    var beacons: [Beacon]
    var random: SeededRandom
    var now = MonotonicInstant.start.advanced(by: .seconds(1_000))
    /// The longest time from a node's coming to its being known everywhere, while nothing was wrong.
    var home: [UInt32: Int] = [:]
    let nodeCount: UInt32

    init(beacons count: Int, nodes: Int, seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      nodeCount = UInt32(nodes)
      beacons = try (0..<count).map { index in
        let beaconID = UInt32(index + 1) << 8
        let member = try #require(
          ClusterMember(beaconID: beaconID, epoch: UInt64(index), endpoint: .test(UInt32(index + 1), port: 9_001)))
        return Beacon(
          member: member, local: LocalPresence(seed: seed &+ UInt64(index)),
          directory: ClusterDirectory(own: beaconID, capacity: 2_000_000))
      }
      for node in 1...nodeCount { put(node, at: Int(node) % count) }
    }

    /// A node goes to a beacon, from where it was.
    mutating func put(_ node: UInt32, at index: Int?) {
      if let old = home[node] {
        beacons[old].nodes.remove(node)
        beacons[old].local.put(.test(node), isProven: nil)
      }
      home[node] = index
      guard let index else { return }
      beacons[index].nodes.insert(node)
      beacons[index].local.put(.test(node), isProven: node % 3 != 0)
    }

    /// So many nodes go somewhere else.
    mutating func stir(_ count: Int) {
      for _ in 0..<count {
        let node = UInt32.random(in: 1...nodeCount, using: &random)
        put(node, at: Int.random(in: 0..<8, using: &random) == 0 ? nil : beacons.indices.randomElement(using: &random))
      }
    }

    /// Time passes in steps of 50 ms.
    mutating func run(for duration: Duration, stirring perStep: Int = 0) {
      let end = now.advanced(by: duration)
      while now < end {
        now = now.advanced(by: .milliseconds(50))
        stir(perStep)
        etcd.tick(at: now)
        for index in beacons.indices {
          tell(index)
          listen(index)
        }
      }
    }

    private func isReachable(_ index: Int) -> Bool { !etcd.isDown && !beacons[index].isCut }

    private mutating func tell(_ index: Int) {
      while true {
        let step = beacons[index].registration.next(at: now)
        if case .wait = step { return }
        guard isReachable(index) else {
          let random = Double.random(in: 0..<1, using: &random)
          return beacons[index].registration.failed(random: random, at: now)
        }
        let life = EtcdRegistration.timeToLive
        switch step {
        case .wait: return
        case .grant:
          beacons[index].grants.append(now)
          beacons[index].registration.granted(etcd.grant(life, at: now))
        case .register(let lease):
          let key = keys.member(beacons[index].member.beaconID)
          guard !etcd.has(key) else { return beacons[index].registration.isTaken(at: now) }
          guard etcd.write([(key, EtcdKeys.value(of: beacons[index].member, beat: 0))], lease) else {
            return lose(index)
          }
          beacons[index].registration.registered(lease, random: .random(in: 0..<1, using: &random), at: now)
          beacons[index].local.markAll()
        case .beat(let lease):
          guard etcd.keep(lease, life, at: now) else { return lose(index) }
          beacons[index].beat += 1
          let value = EtcdKeys.value(of: beacons[index].member, beat: beacons[index].beat)
          _ = etcd.write([(keys.member(beacons[index].member.beaconID), value)], lease)
          beacons[index].registration.registered(lease, random: .random(in: 0..<1, using: &random), at: now)
        case .publish(let lease):
          let now = now
          var pace = beacons[index].pace
          let due = beacons[index].local.take(EtcdPresence.keysPerWrite) { pace.admits($0, at: now) }
          beacons[index].pace = pace
          guard !due.isEmpty else { return }
          let items = due.map { bucket, nodes in
            (keys.nodes(bucket, of: beacons[index].member.beaconID), nodes.isEmpty ? nil : nodes.encoded)
          }
          guard etcd.write(items, lease) else {
            for (bucket, _) in due { beacons[index].local.mark(bucket) }
            return lose(index)
          }
          beacons[index].written += due.map { EtcdPace.cost(of: $0.nodes) }.reduce(0, +)
          if due.count < EtcdPresence.keysPerWrite { return }
        }
      }
    }

    private mutating func lose(_ index: Int) {
      let random = Double.random(in: 0..<1, using: &random)
      beacons[index].registration.leaseIsGone(random: random, at: now)
      beacons[index].view.startOver()
      beacons[index].cursor = nil
    }

    private mutating func listen(_ index: Int) {
      while true {
        let step = beacons[index].view.next(at: now)
        if case .wait = step { return }
        guard isReachable(index) else {
          beacons[index].cursor = nil
          let random = Double.random(in: 0..<1, using: &random)
          return beacons[index].view.failed(random: random, at: now)
        }
        switch step {
        case .wait: return
        case .read:
          beacons[index].surveys += 1
          beacons[index].directory.beginSurvey()
          for (key, value) in etcd.all { hear(key, value, index) }
          _ = beacons[index].directory.endSurvey()
          _ = beacons[index].view.read(upTo: nil, of: etcd.revision)
          beacons[index].cursor = nil
          apply(index)
        case .watch(let from):
          if beacons[index].cursor == nil {
            guard beacons[index].view.watchBegan(at: etcd.revision) else { continue }
          }
          guard let events = etcd.events(from: beacons[index].cursor ?? from) else {
            beacons[index].view.startOver()
            continue
          }
          for event in events { hear(event.key, event.value, index) }
          beacons[index].cursor = (events.last?.revision).map { $0 + 1 } ?? beacons[index].cursor ?? from
          if let last = events.last { beacons[index].view.heard(upTo: last.revision - 1) }
          apply(index)
          return
        }
      }
    }

    private mutating func hear(_ key: [UInt8], _ value: [UInt8]?, _ index: Int) {
      switch keys.subject(of: key) {
      case .member(let beaconID):
        if let value {
          if let (member, _) = EtcdKeys.member(beaconID, value) { _ = beacons[index].directory.heard(member) }
        } else {
          _ = beacons[index].directory.gone(beaconID)
        }
      case .nodes(let bucket, let beaconID):
        beacons[index].directory.heard(value.flatMap { PresenceBucket($0) }, bucket, of: beaconID)
      case nil: Issue.record("a key that isn't understood")
      }
    }

    private mutating func apply(_ index: Int) {
      for change in beacons[index].directory.takeChanges() {
        beacons[index].places[change.node.rawValue] = change.beaconID
      }
    }

    /// So many strangers, who can prove nothing, come to the first beacon or go.
    mutating func flood(_ count: Int) {
      for _ in 0..<count {
        let node = UInt32.random(in: 1_000_000..<1_010_000, using: &random) * 3
        put(node, at: home[node] == nil ? 0 : nil)
      }
    }

    /// Whether all beacons look for a node where it is.
    func isFound(_ node: UInt32) -> Bool {
      beacons.indices.allSatisfy { index in
        guard let place = home[node], place != index else { return true }
        return beacons[index].places[node] == beacons[place].member.beaconID
      }
    }

    /// How many nodes a beacon looks for in the wrong place, of all beacons.
    var misplaced: Int {
      beacons.indices.reduce(0) { sum, index in
        var wrong = 0
        let places = beacons[index].places
        for (node, place) in home where place != index && places[node] != beacons[place].member.beaconID { wrong += 1 }
        for node in places.keys where home[node] == nil { wrong += 1 }
        return sum + wrong
      }
    }
  }

  private static func size(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  private static func world(seed: UInt64) throws -> World {
    var world = try World(
      beacons: size("PILOT_CLUSTER_BEACONS", 6), nodes: size("PILOT_CLUSTER_NODES", 500), seed: seed)
    world.run(for: .seconds(10))
    #expect(world.misplaced == 0, "seed \(seed)")
    return world
  }

  @Test("Who comes is known everywhere with the next look, and who goes is forgotten", arguments: [1, 2] as [UInt64])
  func comingAndGoing(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    world.run(for: .seconds(2), stirring: 20)
    world.run(for: .milliseconds(100))
    #expect(world.misplaced == 0)
    #expect(world.beacons.allSatisfy { $0.surveys == 1 })
  }

  @Test("A flood of strangers: what is written has its bound, and who has authenticated is known as soon as ever")
  func flood() throws {
    var world = try World(beacons: 3, nodes: 100, seed: 13)
    world.run(for: .seconds(10))
    let (before, seconds) = (world.beacons[0].written, 30)
    var node: UInt32 = 1
    for step in 0..<(seconds * 20) {
      world.flood(200)
      if step % 10 == 0 {
        node = node % 97 + 3
        if node % 3 == 0 { node += 1 }
        world.put(node, at: step % 3)
      }
      world.run(for: .milliseconds(50))
      if step % 10 == 2 { #expect(world.isFound(node), "node \(node), step \(step)") }
    }
    let written = world.beacons[0].written - before
    #expect(written <= EtcdPace.burst + seconds * EtcdPace.bytesPerSecond)
    #expect(written > seconds * EtcdPace.bytesPerSecond / 2, "it is a flood")
    #expect(world.beacons[0].local.dueCount > 1_000)
    // And strangers are found once it is over: in as long as all keys take.
    world.run(for: .seconds(12))
    #expect(world.misplaced == 0)
  }

  @Test("etcd gone for longer than a lease: what was known stays known, before and after", arguments: [3] as [UInt64])
  func gone(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    world.etcd.isDown = true
    let before = world.beacons.map(\.places)
    world.run(for: .seconds(60))
    #expect(world.beacons.map(\.places) == before)
    let grants = world.beacons.map(\.grants)
    world.etcd.comeBack(EtcdRegistration.timeToLive, at: world.now)
    for _ in 0..<30 {
      world.run(for: .milliseconds(500))
      #expect(world.misplaced == 0)
    }
    #expect(world.beacons.map(\.grants) == grants)
    #expect(world.beacons.allSatisfy { $0.surveys == 1 })
  }

  @Test("Some beacons cut off, then back", arguments: [4, 5] as [UInt64])
  func cutOff(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    for index in world.beacons.indices where index % 3 == 0 { world.beacons[index].isCut = true }
    world.run(for: .seconds(30), stirring: 5)
    // Their nodes are known to nobody any more, since their leases have run out.
    let cut = Set(world.beacons.indices.filter { $0 % 3 == 0 }.map { world.beacons[$0].member.beaconID })
    #expect(world.beacons[1].places.values.allSatisfy { !cut.contains($0) })
    for index in world.beacons.indices { world.beacons[index].isCut = false }
    world.run(for: .seconds(40))
    #expect(world.misplaced == 0)
  }

  @Test("The past compacted while a beacon is away", arguments: [6] as [UInt64])
  func compacted(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    world.beacons[0].isCut = true
    world.run(for: .seconds(3), stirring: 20)
    world.etcd.compact()
    world.beacons[0].isCut = false
    world.run(for: .seconds(20))
    #expect(world.misplaced == 0)
    #expect(world.beacons[0].surveys > 1)
    #expect(world.beacons.dropFirst().allSatisfy { $0.surveys == 1 })
  }

  @Test("Everything wiped", arguments: [7, 8] as [UInt64])
  func wiped(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    world.etcd.wipe()
    world.run(for: .seconds(1), stirring: 20)
    world.run(for: .seconds(40))
    #expect(world.misplaced == 0)
    #expect(world.etcd.count >= world.beacons.count)
    // Each asks for another lease at a time of its own, within two seconds.
    let grants = world.beacons.compactMap { $0.grants.dropFirst().first }
    #expect(grants.count == world.beacons.count)
    #expect(Set(grants).count > world.beacons.count / 3)
  }

  @Test("Everything at once, at random", arguments: 9...12 as ClosedRange<UInt64>)
  func atRandom(_ seed: UInt64) throws {
    var world = try Self.world(seed: seed)
    var random = SeededRandom(seed: seed &* 31)
    for _ in 0..<12 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: world.etcd.isDown = true
      case 1: world.etcd.comeBack(EtcdRegistration.timeToLive, at: world.now)
      case 2: world.etcd.compact()
      case 3: world.etcd.wipe()
      default:
        for index in world.beacons.indices { world.beacons[index].isCut = Int.random(in: 0..<3, using: &random) == 0 }
      }
      world.run(for: .milliseconds(Int64.random(in: 50...20_000, using: &random)), stirring: 3)
    }
    world.etcd.comeBack(EtcdRegistration.timeToLive, at: world.now)
    for index in world.beacons.indices { world.beacons[index].isCut = false }
    world.run(for: .seconds(60))
    #expect(world.misplaced == 0, "seed \(seed)")
  }
}
