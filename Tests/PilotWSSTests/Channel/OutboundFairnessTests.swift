import NIOCore
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct OutboundFairnessTests {
  /// Nodes that are told apart under the harness's key.
  private let honest: UInt32 = 1
  private let stranger: UInt32 = 2
  private let other: UInt32 = 3

  @Test func `a full queue drops the oldest of who has most, and keeps the order of the rest`() throws {
    let harness = QueueHarness(bytes: 6 * 102, overflow: .dropOldest)
    let lease = try #require(harness.open())
    let senders = [honest, stranger, stranger, honest, stranger, other, stranger, stranger]
    for (index, sender) in senders.enumerated() {
      #expect(harness.append(pattern(100, seed: index), from: sender) == .queued)
    }
    #expect(try harness.takeAll(lease) == [0, 3, 4, 5, 6, 7].map { pattern(100, seed: $0) })
    #expect(harness.queue.counts.overflowed == 2)
  }

  @Test func `this end's own frames make no room for others, and do for each other`() throws {
    let harness = QueueHarness(bytes: 4 * 102, overflow: .dropOldest)
    let lease = try #require(harness.open())
    for index in 0..<3 { #expect(harness.append(pattern(100, seed: index)) == .queued) }
    for index in 3..<9 { #expect(harness.append(pattern(100, seed: index), from: stranger) == .queued) }
    #expect(try harness.takeAll(lease) == [0, 1, 2, 8].map { pattern(100, seed: $0) })
    for index in 0..<6 { #expect(harness.append(pattern(100, seed: index)) == .queued) }
    #expect(try harness.takeAll(lease) == (2..<6).map { pattern(100, seed: $0) })
  }

  /// A peer that reads so many bytes in a millisecond, and a stranger that sends so many.
  @Test(arguments: [
    (reads: 1_000, flood: 36_000), (1_000, 12_000), (1_000, 2_400), (1_000, 1_200), (100, 1_200), (100, 12_000),
  ])
  func `a stranger's flood to a peer that reads slowly costs an honest sender at most one frame in twenty`(
    reads: Int, flood: Int
  ) throws {
    let harness = QueueHarness(overflow: .dropOldest)
    let lease = try #require(harness.open())
    // The honest one needs a quarter of what the peer reads.
    let payload = 600
    let interval = 4 * payload / reads
    let (ofStranger, ofHonest) = ([UInt8](repeating: 0, count: 1_200), [UInt8](repeating: 1, count: payload))
    var (sent, got, credit, owed) = (0, 0, 0, 0)
    // The flood goes on for half a second after the honest one has ended; then the peer reads what has been left.
    for step in 0..<4_500 {
      owed += step < 3_000 ? flood : 0
      while owed >= 1_200 {
        _ = harness.append(ofStranger, from: stranger)
        owed -= 1_200
      }
      if step < 2_500, step % interval == 0 {
        _ = harness.append(ofHonest, from: honest)
        sent += 1
      }
      credit += reads
      while credit > 0, let chunk = harness.queue.take(lease) {
        credit -= chunk.buffer.readableBytes
        got += try harness.frames(of: chunk).count { $0.first == 1 }
      }
      harness.clock.advance(by: .milliseconds(1))
    }
    #expect(sent > 100)
    #expect(got >= sent * 95 / 100, "\(got) of \(sent) came")
    #expect(harness.queue.waitingBytes <= 1 << 20)
  }

  @Test func `a sender alone loses nothing before its frames are too old`() throws {
    let harness = QueueHarness(overflow: .dropOldest)
    let lease = try #require(harness.open())
    for index in 0..<9 {
      #expect(harness.append(pattern(100, seed: index), from: honest) == .queued)
      harness.clock.advance(by: .milliseconds(100))
    }
    #expect(try harness.takeAll(lease) == (0..<9).map { pattern(100, seed: $0) })
  }

  @Test func `what is dropped from between others leaves no memory behind`() throws {
    let harness = QueueHarness(bytes: 100_000, age: .seconds(3_600), overflow: .dropOldest)
    let lease = try #require(harness.open())
    let flood = pattern(1_000)
    for index in 0..<100 {
      #expect(harness.append(pattern(100, seed: index), from: honest) == .queued)
      for _ in 0..<100 { _ = harness.append(flood, from: stranger) }
    }
    var (stored, waiting, chunks) = (0, harness.queue.waitingBytes, 0)
    harness.queue.forEachChunk { chunk in
      stored += chunk.storedBytes
      chunks += 1
    }
    #expect(stored <= 2 * waiting)
    #expect(chunks <= 2 * waiting / 16_000 + 2)
    let frames = try harness.takeAll(lease)
    #expect(frames.filter { $0.count == 100 } == (0..<100).map { pattern(100, seed: $0) })
  }
}
