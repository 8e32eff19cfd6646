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
    expect(bucket.put(.test(5), isProven: false), .unchanged)
    expect(bucket.put(.test(5), isProven: true), .changed(isProven: true))
    expect(bucket.put(.test(5), isProven: true), .unchanged)
    #expect((bucket.proven, bucket.others) == ([5], []))
    expect(bucket.put(.test(5), isProven: false), .changed(isProven: true))
    expect(bucket.put(.test(5), isProven: nil), .changed(isProven: false))
    expect(bucket.put(.test(5), isProven: nil), .unchanged)
    expect(bucket.put(.test(5), isProven: true), .changed(isProven: true))
    expect(bucket.put(.test(5), isProven: nil), .changed(isProven: true))
    #expect(bucket.isEmpty)
  }

  @Test("It is bounded")
  func bounded() {
    var bucket = bucket(others: Array(1...4_096))
    expect(bucket.put(.test(5_000), isProven: true), .noRoom)
    expect(bucket.put(.test(7), isProven: true), .changed(isProven: true))
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

  /// Nodes that are in buckets of their own, in the order of their coming.
  private func spread(_ count: Int, in local: inout LocalPresence, isProven: Bool) -> [UInt32] {
    var (nodes, node): ([UInt32], UInt32) = ([], isProven ? 0 : 1_000_000)
    while nodes.count < count {
      node += 1
      let before = local.dueCount
      local.put(.test(node), isProven: isProven)
      if local.dueCount > before { nodes.append(node) }
    }
    return nodes
  }

  @Test("What concerns a node that has authenticated is told first, whoever came before it")
  func turns() {
    var local = LocalPresence(seed: 7)
    let strangers = spread(20, in: &local, isProven: false)
    let known = spread(5, in: &local, isProven: true)
    #expect(local.take(5).flatMap(\.nodes.proven) == known)
    expect(local.take(100).map(\.nodes.others.count).reduce(0, +) >= strangers.count, true)
    // A known one that goes, too; and what waits behind others comes forward.
    local.put(.test(strangers[0]), isProven: nil)
    local.put(.test(strangers[1]), isProven: nil)
    local.put(.test(known[0]), isProven: nil)
    local.put(.test(strangers[1]), isProven: true)
    #expect(local.dueCount == 3)
    let told = local.take(3)
    #expect(told.map { $0.nodes.proven.contains(strangers[1]) } == [true, false, false])
    #expect(told[1].nodes.isEmpty, "that of the known one that went")
    #expect(local.dueCount == 0)
  }

  @Test("What may not be told yet stays due, in its turn")
  func heldBack() {
    var local = LocalPresence(seed: 7)
    let strangers = spread(10, in: &local, isProven: false)
    var left = 3
    let first = local.take(100) { _ in
      left -= 1
      return left >= 0
    }
    #expect(first.count == 3)
    #expect(local.dueCount == 7)
    local.put(.test(strangers[9]), isProven: nil)
    #expect(local.dueCount == 7, "it is told once")
    #expect(local.take(100).map(\.nodes.count).reduce(0, +) == 6)
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
