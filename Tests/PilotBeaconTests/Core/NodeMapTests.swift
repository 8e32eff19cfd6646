import PilotTesting
import PilotTransport
import Testing

@testable import PilotBeacon

/// The open-addressed map against a dictionary.
struct NodeMapTests {
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func agreesWithADictionary(seed: UInt64) {
    var generator = SeededRandom(seed: seed)
    var map = NodeMap<UInt64>(expectedCount: seed.isMultiple(of: 2) ? 1 : 10_000, seed: seed)
    var model: [UInt32: UInt64] = [:]
    let keys = 1...UInt32(seed.isMultiple(of: 3) ? 40 : 3000)
    for _ in 0..<30_000 {
      let key = UInt32.random(in: keys, using: &generator)
      let value = generator.next()
      switch (map.find(key), UInt8.random(in: 0..<3, using: &generator)) {
      case (let position?, 0):
        map.remove(at: position)
        model[key] = nil
      case (let position?, _):
        #expect(map[position] == model[key])
        #expect(map.key(at: position) == key)
        map[position] = value
        model[key] = value
      case (nil, _):
        #expect(model[key] == nil, "seed \(seed)")
        map.insert(key, value)
        model[key] = value
      }
      if map.count != model.count { Issue.record("seed \(seed): \(map.count) instead of \(model.count)") }
    }
    for (key, value) in model { #expect(map.find(key).map { map[$0] } == value, "seed \(seed)") }
    for key in keys where model[key] == nil { #expect(map.find(key) == nil) }
  }

  @Test func aWalkMeetsEveryEntryOnceARound() {
    var map = NodeMap<UInt64>(expectedCount: 20_000, seed: 1)
    for key in 1...20_000 as ClosedRange<UInt32> { map.insert(key, UInt64(key)) }
    var cursor = NodeMap<UInt64>.Cursor()
    var budget = Int.max
    var met: Set<UInt32> = []
    while let position = map.next(&cursor, budget: &budget), met.insert(map.key(at: position)).inserted {}
    #expect(met.count == 20_000)
  }

  @Test func aWalkEndsWithItsBudgetAndInAnEmptyMap() {
    let map = NodeMap<UInt64>(expectedCount: 20_000, seed: 1)
    var cursor = NodeMap<UInt64>.Cursor()
    var budget = 100
    #expect(map.next(&cursor, budget: &budget) == nil)
    #expect(budget == 0)
  }

  @Test func removingBehindTheWalkLeavesNoneOut() {
    var map = NodeMap<UInt64>(expectedCount: 1, seed: 5)
    for key in 1...700 as ClosedRange<UInt32> { map.insert(key, 0) }
    var cursor = NodeMap<UInt64>.Cursor()
    // One round: 700 entries have grown the shard to 1021 slots, and each removal has its slot looked at once more.
    var budget = 1021 + 700
    while let position = map.next(&cursor, budget: &budget) { map.remove(at: position, behind: &cursor) }
    #expect(map.count == 0)
  }

  @Test(arguments: [0, 1, 0xDEAD_BEEF] as [UInt64])
  func keysInARowLandApart(seed: UInt64) {
    let hash = KeyedHash(seed: seed)
    var buckets = [Int](repeating: 0, count: 1024)
    var lowerBuckets = buckets
    for key in 1...102_400 as ClosedRange<UInt32> {
      buckets[Int(hash(key) >> 54)] += 1
      lowerBuckets[Int(hash(key) & 0xFFFF_FFFF) >> 22] += 1
    }
    // 100 each, with a standard deviation of 10.
    for bucket in buckets + lowerBuckets { #expect((40...160).contains(bucket)) }
  }

  @Test func searchesStayShort() {
    for first in [1, 0x8000_0000] as [UInt32] {
      var shard = NodeMapShard<UInt64>()
      let hash = KeyedHash(seed: 77)
      for key in first..<first + 5000 { shard.insert(key, 0, hash: hash(key), using: hash) }
      var longest = 0
      var run = 0
      for key in shard.keys {
        run = key == 0 ? 0 : run + 1
        longest = max(longest, run)
      }
      #expect(longest < 200)
      #expect(shard.keys.count * 52 / 5000 <= 120, "bytes per entry")
    }
  }

  @Test func differentSeedsScatterDifferently() {
    let (one, two) = (KeyedHash(seed: 1), KeyedHash(seed: 2))
    let same = (1...10_000 as ClosedRange<UInt32>).count { one($0) >> 56 == two($0) >> 56 }
    #expect(same < 100)
  }

  @Test func aRegistrationTakes56Bytes() {
    #expect(MemoryLayout<Registration>.stride == 56)
  }

  @Test func aFullTableTakesLittleMemoryForEachNode() {
    var map = NodeMap<Registration>(expectedCount: 500_000, seed: 3)
    let registration = Registration(at: .test(1), local: .any, flags: [], now: 0, lifetime: 1)
    for key in 1...500_000 as ClosedRange<UInt32> { map.insert(key, registration) }
    let bytes = map.slotCount * (MemoryLayout<Registration>.stride + MemoryLayout<UInt32>.stride)
    #expect(bytes / 500_000 <= 135)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func aWalkThatRemovesGivesMemoryBackAndLosesNobody(seed: UInt64) {
    var map = NodeMap<UInt64>(expectedCount: 20_000, seed: seed)
    for key in 1...20_000 as ClosedRange<UInt32> { map.insert(key, UInt64(key)) }
    let before = map.slotCount
    var cursor = NodeMap<UInt64>.Cursor()
    func round() {
      var rest = 40 * before
      while rest > 0 {
        var budget = min(rest, 777)
        rest -= budget
        while let position = map.nextTrimming(&cursor, budget: &budget) {
          if map.key(at: position) % 100 != 0 { map.remove(at: position, behind: &cursor) }
        }
      }
    }
    round()
    #expect(map.count == 200)
    #expect(map.slotCount <= 4 * 200 + 8 * 16)
    for key in 1...20_000 as ClosedRange<UInt32> {
      #expect(map.find(key).map { map[$0] } == (key % 100 == 0 ? UInt64(key) : nil))
    }
    // And they fill again.
    for key in 1...20_000 as ClosedRange<UInt32> where map.find(key) == nil { map.insert(key, UInt64(key)) }
    for key in 1...20_000 as ClosedRange<UInt32> { #expect(map.find(key).map { map[$0] } == UInt64(key)) }
  }

  @Test func anEmptyMapHoldsNothingAfterAWalkAndAWalkKeepsItsBudget() {
    var map = NodeMap<UInt64>(expectedCount: 20_000, seed: 5)
    for key in 1...20_000 as ClosedRange<UInt32> { map.insert(key, 0) }
    var cursor = NodeMap<UInt64>.Cursor()
    var (removed, walks) = (0, 0)
    while map.slotCount > 0, walks < 10_000 {
      var budget = 100
      while let position = map.nextTrimming(&cursor, budget: &budget) {
        map.remove(at: position, behind: &cursor)
        removed += 1
      }
      // One shard of 4,000 slots may be gone through beyond it.
      #expect(budget > -4_000)
      walks += 1
    }
    #expect(removed == 20_000)
    #expect(map.slotCount == 0)
  }
}
