import NIOCore
import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

@Suite(.timeLimit(.minutes(1)))
struct OutboundQueueTests {
  @Test(arguments: [WebSocketRole.client, .server])
  func `frames come out as they went in, in order and with their boundaries`(role: WebSocketRole) throws {
    let harness = QueueHarness(role: role)
    let lease = try #require(harness.open())
    let frames = [0, 1, 125, 126, 1_200, 0, 65_535, 3].enumerated().map { pattern($0.element, seed: $0.offset) }
    for frame in frames { #expect(harness.append(frame) == .queued) }
    #expect(try harness.takeAll(lease) == frames)
    #expect(harness.queue.waitingBytes == 0)
    #expect(harness.queue.counts.sent == 8)
    #expect(harness.queue.counts.sentBytes == UInt64(frames.map(\.count).reduce(0, +)))
  }

  @Test func `a frame in two parts is one message`() throws {
    let harness = QueueHarness(role: .client)
    let lease = try #require(harness.open())
    let (head, body) = (pattern(7), pattern(1_200, seed: 1))
    #expect(harness.queue.append(head: head.span.raw, body: body.span.raw) == .queued)
    #expect(try harness.takeAll(lease) == [head + body])
  }

  @Test func `a chunk has the size that was asked for, unless one frame is longer`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    for index in 0..<100 { #expect(harness.append(pattern(1_200, seed: index)) == .queued) }
    #expect(harness.append(pattern(40_000)) == .queued)
    var lengths: [Int] = []
    while let chunk = harness.queue.take(lease) { lengths.append(chunk.buffer.readableBytes) }
    #expect(lengths.dropLast().allSatisfy { $0 <= 16_000 })
    #expect(lengths.last == 40_004)
  }

  @Test func `chunks are taken together, up to a size`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    for index in 0..<100 { #expect(harness.append(pattern(1_200, seed: index)) == .queued) }
    var chunks: [OutboundQueue.Chunk] = []
    harness.queue.take(lease, upTo: 40_000, into: &chunks)
    #expect(chunks.count == 3)
    harness.queue.take(lease, upTo: .max, into: &chunks)
    #expect(try chunks.flatMap { try harness.frames(of: $0) } == (0..<100).map { pattern(1_200, seed: $0) })
  }

  @Test(arguments: [0, 1, 15, 16, 17, 100])
  func `a batch goes in as its frames would, up to the first that isn't taken`(count: Int) throws {
    let harness = QueueHarness(bytes: 50 * 102)
    let lease = try #require(harness.open())
    var batch = FrameBatch()
    for index in 0..<count {
      let frame = pattern(100, seed: index)
      #expect(unsafe batch.append(frame.span.bytes, to: .wssBeacon) == true)
    }
    let (taken, admission, needsWake) = harness.queue.push(contentsOf: batch, at: harness.clock.now)
    #expect(taken == min(count, 50))
    #expect(admission == (count > 50 ? .full : .queued))
    #expect(needsWake == (count > 0))
    #expect(harness.wakes == 0)
    #expect(try harness.takeAll(lease) == (0..<taken).map { pattern(100, seed: $0) })
  }

  @Test func `a message that is too long is refused, and its batch ends there`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    var batch = FrameBatch()
    for length in [10, 65_536, 20] {
      let frame = pattern(length)
      #expect(unsafe batch.append(frame.span.bytes, to: .wssBeacon) == true)
    }
    let (taken, admission, _) = harness.queue.push(contentsOf: batch, at: harness.clock.now)
    #expect(taken == 1)
    #expect(admission == .tooLong(65_536))
    #expect(try harness.takeAll(lease) == [pattern(10)])
  }

  @Test(arguments: [OutboundQueue.Overflow.dropOldest, .refuseNewest])
  func `a frame that is too long costs nothing else, and is counted where its sender isn't told`(
    overflow: OutboundQueue.Overflow
  ) throws {
    let harness = QueueHarness(overflow: overflow)
    let lease = try #require(harness.open())
    for length in [10, 65_536, 20] { _ = harness.append(pattern(length)) }
    #expect(try harness.takeAll(lease) == [pattern(10), pattern(20)])
    #expect(harness.queue.counts.tooLong == (overflow == .dropOldest ? 1 : 0))
  }

  @Test func `a full queue refuses the newest`() throws {
    let harness = QueueHarness(bytes: 3 * 102)
    let lease = try #require(harness.open())
    for index in 0..<3 { #expect(harness.append(pattern(100, seed: index)) == .queued) }
    #expect(harness.append([1]) == .full)
    #expect(harness.append([]) == .full)
    #expect(harness.queue.waitingBytes == 3 * 102)
    #expect(try harness.takeAll(lease) == (0..<3).map { pattern(100, seed: $0) })
    #expect(harness.append([1]) == .queued)
    #expect(harness.queue.counts.overflowed == 0)
  }

  @Test func `a full queue drops the oldest and counts them`() throws {
    let harness = QueueHarness(bytes: 3 * 102, overflow: .dropOldest)
    let lease = try #require(harness.open())
    for index in 0..<10 { #expect(harness.append(pattern(100, seed: index)) == .queued) }
    #expect(try harness.takeAll(lease) == (7..<10).map { pattern(100, seed: $0) })
    #expect(harness.queue.counts.overflowed == 7)
  }

  @Test func `a frame that is longer than the queue takes the queue for itself`() throws {
    let harness = QueueHarness(bytes: 100, overflow: .dropOldest)
    let lease = try #require(harness.open())
    #expect(harness.append(pattern(10)) == .queued)
    #expect(harness.append(pattern(500)) == .queued)
    #expect(try harness.takeAll(lease) == [pattern(500)])
    #expect(harness.queue.counts.overflowed == 1)
  }

  @Test func `what is past its deadline is dropped and counted, and what is not goes out`() throws {
    let harness = QueueHarness(age: .seconds(1))
    let lease = try #require(harness.open())
    for index in 0..<5 {
      #expect(harness.append(pattern(10, seed: index)) == .queued)
      harness.clock.advance(by: .milliseconds(300))
    }
    // Queued 1,500, 1,200, 900, 600 and 300 ms ago.
    #expect(try harness.takeAll(lease) == (2..<5).map { pattern(10, seed: $0) })
    #expect(harness.queue.counts.expired == 2)
  }

  @Test func `frames that are too old make room for new ones`() throws {
    let harness = QueueHarness(bytes: 102, age: .seconds(1))
    let lease = try #require(harness.open())
    #expect(harness.append(pattern(100)) == .queued)
    #expect(harness.append(pattern(100)) == .full)
    harness.clock.advance(by: .milliseconds(1_002))
    #expect(harness.append(pattern(100, seed: 2)) == .queued)
    #expect(harness.queue.counts.expired == 1)
    #expect(try harness.takeAll(lease) == [pattern(100, seed: 2)])
  }

  @Test func `whoever takes is woken once, and again after it found nothing`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    for _ in 0..<10 { #expect(harness.append([1]) == .queued) }
    #expect(harness.wakes == 1)
    _ = try #require(harness.queue.take(lease))
    #expect(harness.append([1]) == .queued)
    #expect(harness.wakes == 1)
    _ = try harness.takeAll(lease)
    #expect(harness.append([1]) == .queued)
    #expect(harness.append([1]) == .queued)
    #expect(harness.wakes == 2)
  }

  @Test func `whoever pushes several frames is told once to wake, and does it when ready`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    let frame = pattern(10)
    for expected in [true, false, false] {
      let (admission, needsWake) = harness.queue.push(head: frame.span.raw, body: RawSpan(), at: harness.clock.now)
      #expect(admission == .queued)
      #expect(needsWake == expected)
    }
    #expect(harness.wakes == 0)
    harness.queue.wake()
    #expect(harness.wakes == 1)
    #expect(try harness.takeAll(lease) == [frame, frame, frame])
    #expect(harness.queue.push(head: frame.span.raw, body: RawSpan(), at: harness.clock.now).needsWake)
  }

  @Test func `a queue that is not connected refuses frames`() throws {
    let harness = QueueHarness()
    #expect(harness.append([1]) == .disconnected)
    let lease = try #require(harness.open())
    harness.queue.disconnect(lease)
    #expect(harness.append([1]) == .disconnected)
    #expect(harness.wakes == 0)
  }

  @Test func `what waits at a disconnect is lost, and the next connection begins empty`() throws {
    let harness = QueueHarness()
    let first = try #require(harness.open())
    for _ in 0..<3 { #expect(harness.append([1]) == .queued) }
    harness.queue.disconnect(first)
    #expect(harness.queue.counts.lost == 3)
    let second = try #require(harness.open())
    #expect(try harness.takeAll(second).isEmpty)
    #expect(harness.append([2]) == .queued)
    #expect(harness.wakes == 2)
    #expect(try harness.takeAll(second) == [[2]])
  }

  @Test func `a connection that dies late does not take down its successor`() throws {
    let harness = QueueHarness()
    let old = try #require(harness.open())
    #expect(harness.append([1]) == .queued)
    let new = try #require(harness.open())
    #expect(harness.queue.counts.lost == 1)
    #expect(harness.append([2]) == .queued)
    #expect(try harness.takeAll(old).isEmpty)
    harness.queue.disconnect(old)
    #expect(try harness.takeAll(new) == [[2]])
    #expect(harness.append([3]) == .queued)
  }

  @Test func `close counts what waits and what is under way as unsent, for good`() throws {
    let harness = QueueHarness()
    let lease = try #require(harness.open())
    for _ in 0..<30 { #expect(harness.append(pattern(1_000)) == .queued) }
    let underWay = try #require(harness.queue.take(lease))
    harness.queue.close()
    #expect(harness.append([1]) == .disconnected)
    #expect(harness.open() == nil)
    harness.queue.failed(underWay.tally)
    #expect(harness.queue.counts.unsent == 30)
    #expect(harness.queue.counts.lost == 0)
    #expect(harness.queue.waitingBytes == 0)
  }
}
