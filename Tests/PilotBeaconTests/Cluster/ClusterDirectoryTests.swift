import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("What the beacons of a cluster make known, put together")
struct ClusterDirectoryTests {
  private static func member(_ beaconID: UInt32, epoch: UInt64 = 1) throws -> ClusterMember {
    try #require(ClusterMember(beaconID: beaconID, epoch: epoch, endpoint: .test(beaconID, port: 9_001)))
  }

  private static func bucket(proven: [UInt32] = [], others: [UInt32] = []) -> PresenceBucket {
    var bucket = PresenceBucket()
    for node in proven { _ = bucket.put(.test(node), isProven: true) }
    for node in others { _ = bucket.put(.test(node), isProven: false) }
    return bucket
  }

  /// Where each node is, by what the directory has told so far.
  private struct Listener {
    var places: [NodeID: RemoteChange] = [:]

    mutating func hear(_ changes: [RemoteChange]) {
      for change in changes { places[change.node] = change.beaconID == nil ? nil : change }
    }

    func beacon(of node: UInt32) -> UInt32? { places[.test(node)]?.beaconID }
  }

  private var directory = ClusterDirectory(own: 1, capacity: 1_000)
  private var listener = Listener()

  /// Beacons 2 to 5 make themselves known.
  private mutating func introduce() throws {
    for beaconID in 2...5 as ClosedRange<UInt32> { _ = directory.heard(try Self.member(beaconID)) }
  }

  private mutating func hear(_ nodes: PresenceBucket?, _ bucket: Int = 0, of beaconID: UInt32) {
    directory.heard(nodes, bucket, of: beaconID)
    listener.hear(directory.takeChanges())
  }

  @Test("A node is at the beacon that has it, until that has it no more")
  mutating func plain() throws {
    expect(directory.heard(try Self.member(2)), true)
    expect(directory.heard(try Self.member(2)), false)
    expect(directory.heard(try Self.member(2, epoch: 2)), true)
    hear(Self.bucket(proven: [7], others: [8]), of: 2)
    #expect(listener.places[.test(7)] == RemoteChange(.test(7), at: 2, isProven: true))
    #expect(listener.places[.test(8)] == RemoteChange(.test(8), at: 2))
    #expect((directory.nodeCount, directory.nodeCount(of: 2)) == (2, 2))
    hear(Self.bucket(others: [8]), of: 2)
    #expect(listener.beacon(of: 7) == nil)
    hear(nil, of: 2)
    #expect(listener.places.isEmpty)
    expect(directory.gone(2), true)
    expect(directory.gone(2), false)
    #expect(directory.isEmpty)
  }

  @Test("Who claims an unproven node elsewhere takes nothing from where it is")
  mutating func firstOne() throws {
    try introduce()
    hear(Self.bucket(others: [7]), of: 2)
    hear(Self.bucket(others: [7]), 5, of: 3)
    #expect(listener.beacon(of: 7) == 2)
    hear(nil, of: 2)
    #expect(listener.beacon(of: 7) == 3)
  }

  @Test("A node is where it has authenticated, last if at several")
  mutating func newestProof() throws {
    try introduce()
    hear(Self.bucket(others: [7]), of: 2)
    hear(Self.bucket(proven: [7]), of: 3)
    #expect(listener.beacon(of: 7) == 3)
    hear(Self.bucket(proven: [7]), of: 4)
    #expect(listener.beacon(of: 7) == 4)
    hear(nil, of: 4)
    #expect(listener.beacon(of: 7) == 3)
    // It has lost its proof there: the one that had it first hasn't lost it.
    hear(Self.bucket(others: [7]), of: 3)
    #expect(listener.beacon(of: 7) == 3)
    hear(Self.bucket(proven: [7]), of: 2)
    #expect(listener.beacon(of: 7) == 2)
    expect(directory.gone(2), true)
    listener.hear(directory.takeChanges())
    #expect(listener.places[.test(7)] == RemoteChange(.test(7), at: 3))
  }

  @Test("What isn't told again in a survey is gone at its end, and not before")
  mutating func survey() throws {
    for beaconID in [2, 3] as [UInt32] {
      expect(directory.heard(try Self.member(beaconID)), true)
      hear(Self.bucket(others: [10 * beaconID]), 0, of: beaconID)
      hear(Self.bucket(others: [10 * beaconID + 1]), 1, of: beaconID)
    }
    directory.beginSurvey()
    expect(directory.heard(try Self.member(2)), false)
    hear(Self.bucket(others: [20]), 0, of: 2)
    #expect(listener.places.count == 4)
    expect(directory.endSurvey(), true)
    listener.hear(directory.takeChanges())
    #expect(listener.places.keys.map(\.rawValue) == [20])
    #expect(directory.members == [try Self.member(2)])
    expect(directory.endSurvey(), false)
  }

  @Test("Its own beacon, beacon 0 and a bucket that can't be change nothing")
  mutating func hostile() throws {
    expect(directory.heard(try Self.member(1)), false)
    hear(Self.bucket(others: [7]), of: 1)
    hear(Self.bucket(others: [7]), of: 0)
    hear(Self.bucket(others: [7]), PresenceBucket.count, of: 2)
    hear(Self.bucket(others: [7]), -1, of: 2)
    hear(nil, of: 5)
    // A beacon that hasn't made itself known has no nodes: nothing could be passed on to them.
    hear(Self.bucket(others: [7]), of: 5)
    #expect(directory.isEmpty)
    #expect(listener.places.isEmpty)
  }

  @Test("Nodes and beacons are bounded")
  mutating func bounded() throws {
    directory = ClusterDirectory(own: 1, capacity: 3)
    try introduce()
    hear(Self.bucket(others: [1, 2, 3, 4, 5]), of: 2)
    #expect((directory.nodeCount, directory.leftOut) == (3, 2))
    hear(nil, of: 2)
    #expect(directory.nodeCount == 0)
    for beaconID in 2...2_000 as ClosedRange<UInt32> { _ = directory.heard(try Self.member(beaconID)) }
    #expect(directory.members.count == ClusterDirectory.beaconLimit)
    #expect(directory.beaconsLeftOut == 1_999 - ClusterDirectory.beaconLimit)
    // Each is told anew with every beat.
    _ = directory.heard(try Self.member(2_000))
    #expect(directory.beaconsLeftOut == 1_999 - ClusterDirectory.beaconLimit)
    _ = directory.gone(2)
    _ = directory.gone(1_999)
    _ = directory.heard(try Self.member(2_000))
    #expect(directory.beaconsLeftOut == 1_997 - ClusterDirectory.beaconLimit)
    directory.beginSurvey()
    #expect(directory.beaconsLeftOut == 0, "who is told of in none is gone")
  }

  @Test("In a full table who has authenticated takes the place of who hasn't, at the beacon that has most of those")
  mutating func provenInAFullTable() throws {
    directory = ClusterDirectory(own: 1, capacity: 5)
    try introduce()
    hear(Self.bucket(others: [1]), of: 2)
    hear(Self.bucket(others: [11, 12, 13, 14]), of: 3)
    hear(Self.bucket(proven: [21, 22, 23], others: [24]), of: 4)
    #expect([21, 22, 23].map { listener.beacon(of: $0) } == [4, 4, 4])
    #expect(listener.beacon(of: 1) == 2, "its beacon has one alone")
    #expect(listener.beacon(of: 24) == nil)
    #expect(listener.places.count == 5)
    #expect((directory.nodeCount, directory.leftOut) == (5, 4))
    // Only those that have authenticated are left: nobody makes room for one more.
    hear(Self.bucket(proven: [31, 32, 33]), of: 5)
    #expect([31, 32, 33].map { listener.beacon(of: $0) } == [5, 5, nil])
    #expect(Set(listener.places.values.map(\.isProven)) == [true])
  }

  /// Has it searched for who was left out, to the end and a little further.
  private mutating func admitLeftOut() {
    for _ in 0..<6 { directory.admitLeftOut(buckets: PresenceBucket.count) }
    listener.hear(directory.takeChanges())
  }

  @Test("Who was left out is taken in when there is room, once each")
  mutating func leftOutAdmitted() throws {
    directory = ClusterDirectory(own: 1, capacity: 3)
    try introduce()
    hear(Self.bucket(others: [1, 2, 3]), of: 2)
    hear(Self.bucket(others: [1, 4, 5]), 7, of: 3)
    hear(Self.bucket(others: [4]), PresenceBucket.count - 1, of: 5)
    #expect(directory.leftOut == 3)
    admitLeftOut()
    #expect((directory.nodeCount, directory.leftOut) == (3, 3), "there is no room yet")
    hear(Self.bucket(others: [1]), of: 2)
    admitLeftOut()
    #expect(listener.places.count == 3)
    #expect(listener.beacon(of: 1) == 2)
    #expect((directory.nodeCount, directory.leftOut) == (3, 3))
    // Each of its claims is known: where it goes it is at the other one.
    hear(nil, 7, of: 3)
    admitLeftOut()
    #expect(listener.beacon(of: 4) == 5)
    hear(nil, PresenceBucket.count - 1, of: 5)
    #expect(listener.places.keys.map(\.rawValue) == [1])
    directory.admitLeftOut(buckets: PresenceBucket.count)
    #expect(directory.takeChanges().isEmpty)
  }

  @Test("Who made room is taken in again when there is room for it")
  mutating func displacedAdmitted() throws {
    directory = ClusterDirectory(own: 1, capacity: 1)
    try introduce()
    hear(Self.bucket(others: [1]), of: 2)
    hear(Self.bucket(proven: [2]), of: 3)
    #expect(listener.places.keys.map(\.rawValue) == [2])
    hear(nil, of: 3)
    admitLeftOut()
    #expect(listener.beacon(of: 1) == 2)
  }

  /// All claims, with the order in which they came.
  private struct Model {
    var claims: [UInt32: [(beaconID: UInt32, isProven: Bool)]] = [:]

    mutating func set(_ node: UInt32, _ beaconID: UInt32, _ isProven: Bool?) {
      var list = claims[node] ?? []
      let old = list.firstIndex { $0.beaconID == beaconID }
      if let old, let isProven, list[old].isProven == isProven { return }
      if let old { list.remove(at: old) }
      if let isProven { list.append((beaconID, isProven)) }
      claims[node] = list
    }
  }

  @Test(
    "Random claims: a node is at a beacon that has it, at one where it is proven if there is one",
    arguments: 1...20 as ClosedRange<UInt64>)
  mutating func random(_ seed: UInt64) throws {
    try introduce()
    var random = SeededRandom(seed: seed)
    var model = Model()
    var held: [UInt32: PresenceBucket] = [:]
    for step in 0..<400 {
      let (beaconID, node) = (UInt32.random(in: 2...5, using: &random), UInt32.random(in: 1...6, using: &random))
      let state = [true, false, nil].randomElement(using: &random) ?? nil
      var bucket = held[beaconID] ?? PresenceBucket()
      _ = bucket.put(.test(node), isProven: state)
      held[beaconID] = bucket
      model.set(node, beaconID, state)
      if Int.random(in: 0..<20, using: &random) == 0 {
        directory.beginSurvey()
        try introduce()
        for (beaconID, bucket) in held { directory.heard(bucket, 0, of: beaconID) }
        _ = directory.endSurvey()
      } else {
        directory.heard(bucket, 0, of: beaconID)
      }
      listener.hear(directory.takeChanges())
      for node in 1...6 as ClosedRange<UInt32> {
        let claims = model.claims[node] ?? []
        let place = listener.places[.test(node)]
        guard let place else {
          #expect(claims.isEmpty, "seed \(seed), step \(step)")
          continue
        }
        let isThere = claims.contains { $0.beaconID == place.beaconID && $0.isProven == place.isProven }
        let isBest = place.isProven || !claims.contains { $0.isProven }
        #expect(isThere && isBest, "seed \(seed), step \(step): \(place), \(claims)")
      }
    }
  }
}
