import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct OutboundBudgetTests {
  private let frame = pattern(1_200)
  private let clock = TestClock()
  private let budget = OutboundBudget(bytes: 1 << 20)

  private func queue(bytes: Int = 1 << 20) -> QueueHarness {
    QueueHarness(bytes: bytes, overflow: .dropOldest, budget: budget, clock: clock)
  }

  @Test func `all queues together stay within the total, and whoever comes last has its share`() throws {
    let queues = (0..<4).map { _ in queue() }
    let leases = try queues.map { try #require($0.open()) }
    for _ in 0..<1_000 { #expect(queues[0].append(frame) == .queued) }
    #expect(queues[0].queue.waitingBytes <= (1 << 19) + (1 << 17))
    #expect(queues[0].queue.counts.overTotal > 400)
    #expect(queues[0].queue.counts.overflowed == 0)
    for harness in queues.dropFirst() {
      for _ in 0..<108 { #expect(harness.append(frame) == .queued) }
      #expect(harness.queue.counts.overTotal == 0)
    }
    #expect(queues.map(\.queue.waitingBytes).reduce(0, +) <= 1 << 20)
    for (harness, lease) in zip(queues, leases) { harness.queue.disconnect(lease) }
    #expect(budget.reservedBytes == 0)
  }

  @Test func `who holds most gives way to who wants more`() throws {
    let (hog, other) = (queue(), queue())
    _ = try #require(hog.open())
    _ = try #require(other.open())
    for _ in 0..<900 { #expect(hog.append(frame) == .queued) }
    let before = hog.queue.waitingBytes
    #expect(before > 700_000)
    for _ in 0..<600 {
      #expect(hog.append(frame) == .queued)
      #expect(other.append(frame) == .queued)
    }
    #expect(other.queue.waitingBytes > 400_000)
    #expect(hog.queue.waitingBytes + other.queue.waitingBytes <= 1 << 20)
    #expect(hog.queue.waitingBytes < before)
  }

  @Test func `what is taken, and what grows too old, is given back`() throws {
    let (first, second) = (queue(), queue())
    let lease = try #require(first.open())
    _ = try #require(second.open())
    for _ in 0..<600 { #expect(first.append(frame) == .queued) }
    #expect(budget.reservedBytes > 0)
    _ = try first.takeAll(lease)
    #expect(budget.reservedBytes == 0)
    for _ in 0..<600 { #expect(second.append(frame) == .queued) }
    #expect(budget.reservedBytes > 0)
    clock.advance(by: .milliseconds(1_002))
    second.queue.dropExpired()
    #expect(budget.reservedBytes == 0)
    #expect(second.queue.waitingBytes == 0)
    #expect(second.queue.counts.expired == 600)
  }

  @Test func `a frame that is longer than what is left is dropped and counted`() throws {
    let budget = OutboundBudget(bytes: 20_000)
    let harness = QueueHarness(overflow: .dropOldest, budget: budget)
    let lease = try #require(harness.open())
    #expect(harness.append(pattern(10)) == .queued)
    #expect(harness.append(pattern(40_000)) == .full)
    #expect(harness.queue.counts.overTotal == 2)
    #expect(harness.append(pattern(20)) == .queued)
    #expect(try harness.takeAll(lease) == [pattern(20)])
  }

  @Test(arguments: 0..<20)
  func `whatever happens, the total holds and comes back to nothing`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let queues = (0..<8).map { _ in queue(bytes: Int.random(in: 70_000...500_000, using: &random)) }
    var leases = try queues.map { try #require($0.open()) }
    let bytes = pattern(60_000)
    for _ in 0..<1_000 {
      let index = Int.random(in: 0..<queues.count, using: &random)
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<80:
        let length = Int.random(in: 0...60_000, using: &random)
        let frame = Array(bytes.prefix(length))
        for _ in 0...(60_000 / (length + 1_000)) { _ = queues[index].append(frame, from: UInt32(length & 7)) }
      case 80..<90: _ = queues[index].queue.take(leases[index])
      case 90..<93: leases[index] = try #require(queues[index].open())
      case 93..<98: queues[index].queue.dropExpired()
      default: clock.advance(by: .milliseconds(300))
      }
      #expect(queues.map(\.queue.waitingBytes).reduce(0, +) <= 1 << 20)
      #expect(budget.reservedBytes <= 1 << 19)
    }
    for (harness, lease) in zip(queues, leases) { harness.queue.disconnect(lease) }
    #expect(budget.reservedBytes == 0)
    #expect(budget.share == 1 << 19)
  }
}
