import PilotTesting
import PilotWire
import Testing

@testable import PilotBeacon

@Suite("Some of the nodes of a beacon, as it makes them known")
struct PresenceBucketTests {
  private func bucket(proven: [UInt32] = [], others: [UInt32] = []) -> PresenceBucket {
    var bucket = PresenceBucket()
    for node in proven { _ = bucket.put(.test(node), isProven: true) }
    for node in others { _ = bucket.put(.test(node), isProven: false) }
    return bucket
  }

  @Test("Its bytes go both ways")
  func bytes() throws {
    let bucket = bucket(proven: [9, 1], others: [7, 0xFFFF_FFFF, 3])
    #expect(
      bucket.encoded
        == [1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(PresenceBucket(bucket.encoded) == bucket)
    #expect(PresenceBucket(PresenceBucket().encoded)?.isEmpty == true)
  }

  @Test(
    "What isn't one is refused",
    arguments: [
      [], [1], [1, 0], [2, 0, 0], [1, 0, 1], [1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0],
      [1, 0, 1, 0, 0, 0, 9, 0, 0, 0, 9],
      [1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2], [1, 0, 2, 0, 0, 0, 2],
      [1, 0, 0] + [UInt8](repeating: 1, count: 4 * 4_097),
    ] as [[UInt8]])
  func refused(_ bytes: [UInt8]) {
    #expect(PresenceBucket(bytes) == nil)
  }

  @Test("A node is in it once, as what it is last")
  func once() {
    var bucket = bucket(others: [5])
    expect(bucket.put(.test(5), isProven: false), false)
    expect(bucket.put(.test(5), isProven: true), true)
    expect(bucket.put(.test(5), isProven: true), false)
    #expect((bucket.proven, bucket.others) == ([5], []))
    expect(bucket.put(.test(5), isProven: nil), true)
    expect(bucket.put(.test(5), isProven: nil), false)
    #expect(bucket.isEmpty)
  }

  @Test("It is bounded")
  func bounded() {
    var bucket = bucket(others: Array(1...4_096))
    expect(bucket.put(.test(5_000), isProven: true), nil)
    expect(bucket.put(.test(7), isProven: true), true)
    #expect(PresenceBucket(bucket.encoded) == bucket)
  }

  @Test("Who has come, gone and proven who it is")
  func changes() {
    let before = bucket(proven: [1, 2, 3], others: [4, 5, 6])
    let after = bucket(proven: [2, 4, 8], others: [3, 5, 9])
    let changes = after.changes(since: before)
    #expect(changes.gone == [.test(1), .test(6)])
    #expect(changes.come.map(\.node) == [.test(4), .test(8), .test(3), .test(9)])
    #expect(changes.come.map(\.isProven) == [true, true, false, false])
  }
}

@Suite("What a beacon has yet to make known")
struct LocalPresenceTests {
  @Test("Changes of a node are told once, and taken back if they weren't told")
  func once() {
    var local = LocalPresence(seed: 7)
    local.put(.test(1), isProven: false)
    local.put(.test(1), isProven: true)
    #expect(local.dueCount == 1)
    let told = local.take(10)
    #expect(told.map(\.nodes.proven) == [[1]])
    expect(local.take(10).isEmpty, true)
    local.put(.test(1), isProven: true)
    #expect(local.dueCount == 0)
    local.mark(told[0].bucket)
    expect(local.take(10).map(\.bucket), [told[0].bucket])
    local.put(.test(1), isProven: nil)
    expect(local.take(10).map(\.nodes.isEmpty), [true])
    // There is nothing to tell anew of what is empty.
    local.markAll()
    #expect(local.dueCount == 0)
  }

  @Test("Nodes spread over the buckets, and all of them can be told anew")
  func spread() {
    var local = LocalPresence(seed: 7)
    for node in 1...50_000 as ClosedRange<UInt32> { local.put(.test(node), isProven: node % 2 == 0) }
    #expect(local.dueCount == PresenceBucket.count)
    let all = (0..<100).flatMap { _ in local.take(100) }
    #expect(all.map(\.nodes.count).reduce(0, +) == 50_000)
    #expect(all.map(\.nodes.count).max() ?? 0 < 40)
    local.markAll()
    #expect(local.dueCount == PresenceBucket.count)
    #expect(local.leftOut == 0)
  }
}
