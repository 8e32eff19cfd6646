import PilotWire
import Synchronization
import Testing

@testable import PilotTransport

@Suite("FrameQueue")
struct FrameQueueTests {
  @Test("gives frames in the order of arrival, with their sources")
  func order() async throws {
    let queue = FrameQueue()
    let frames = [TestFrame(1, length: 3), TestFrame(2, length: 0), TestFrame(3, length: 9, port: 2), TestFrame(4)]
    for frame in frames { queue.push(frame) }
    #expect(unsafe try await queue.nextFrames().copies == frames)
    #expect(queue.counts == FrameQueue.Counts(delivered: 4, deliveredBytes: 13))
  }

  @Test("tells whoever wants to be told when the next frame comes, and at once if there are some")
  func told() async {
    let queue = FrameQueue()
    await confirmation { told in
      queue.onReadable { told() }
      queue.push(TestFrame(1))
    }
    await confirmation { told in queue.onReadable { told() } }
  }

  @Test("drops the oldest and counts them when there are too many frames")
  func frameLimit() async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(bytes: 1_000, frames: 3))
    for value in 0..<10 { queue.push(TestFrame(value)) }
    #expect(unsafe try await queue.nextFrames().copies == (7..<10).map { TestFrame($0) })
    #expect(queue.counts.droppedOldest == 7)
  }

  @Test("drops the oldest and counts them when there are too many bytes")
  func byteLimit() async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(bytes: 10, frames: 1_000))
    for value in 0..<5 { queue.push(TestFrame(value, length: 3)) }
    queue.push(TestFrame(5, length: 7))
    #expect(unsafe try await queue.nextFrames().copies == [TestFrame(4, length: 3), TestFrame(5, length: 7)])
    #expect(queue.counts.droppedOldest == 4)
  }

  @Test("takes the newest frame alone when it is beyond the limits", arguments: [0, 1, 9])
  func beyondLimits(_ limit: Int) async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(bytes: limit, frames: limit))
    queue.push(TestFrame(1, length: 5))
    queue.push(TestFrame(2, length: 10))
    #expect(unsafe try await queue.nextFrames().copies == [TestFrame(2, length: 10)])
    #expect(queue.counts.droppedOldest == 1)
  }

  @Test("takes frames beyond 64 KiB, also after shorter ones")
  func longFrames() async throws {
    let queue = FrameQueue()
    var receiver = Receiver(queue)
    for length in [10, 65_536, 10, 65_537, 200_000, 10] {
      queue.push(TestFrame(length, length: length))
      #expect(try await receiver.nextCopy() == TestFrame(length, length: length))
    }
    #expect(queue.counts.droppedOldest == 0)
  }

  @Test("lent memory stays as it is while others are pushed, dropped and the queue is finished")
  func lentMemory() async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(bytes: 200_000, frames: 5_000))
    let first = (0..<100).map { TestFrame($0, length: 100) }
    for frame in first { queue.push(frame) }
    let lent = unsafe try await queue.nextFrames()
    for value in 0..<20_000 { queue.push(TestFrame(value, length: 100 + value % 1_000)) }
    #expect(unsafe lent.copies == first)
    queue.finish()
    #expect(unsafe lent.copies == first)
  }

  @Test("after its end it gives nothing, and what was unread or comes late is counted")
  func finish() async throws {
    let queue = FrameQueue()
    for value in 0..<3 { queue.push(TestFrame(value)) }
    _ = unsafe try await queue.nextFrames()
    for value in 0..<4 { queue.push(TestFrame(value)) }
    #expect(queue.life.end())
    queue.finish()
    queue.push(TestFrame(9))
    for _ in 0..<2 {
      let error = await #expect(throws: TransportError.self) { unsafe _ = try await queue.nextFrames() }
      #expect(error?.code == .closed)
    }
    #expect(queue.counts == FrameQueue.Counts(delivered: 3, deliveredBytes: 3, droppedOldest: 0, unread: 5))
  }

  /// Before the reader runs, while it begins to wait, and while it waits: nothing tells from outside that it does.
  private static let moments = [0, 1, 10, 100, 1_000]

  @Test("a frame wakes a waiting reader", arguments: moments)
  func wakes(_ yields: Int) async throws {
    let queue = FrameQueue()
    async let frame = Self.next(of: queue)
    for _ in 0..<yields { await Task.yield() }
    queue.push(TestFrame(7))
    #expect(try await frame == [TestFrame(7)])
  }

  @Test("a frame that comes just when the reader begins to wait wakes it", .timeLimit(.minutes(5)))
  func wakesAtTheLastMoment() async throws {
    let (queue, progress, count) = (FrameQueue(), Progress(), 50_000)
    let writer = Task {
      for value in 0..<count {
        // The reader has the one before and is on its way to wait: nothing but this frame will wake it.
        while progress.read.load(ordering: .acquiring) < value { await Task.yield() }
        queue.push(TestFrame(value))
      }
    }
    for value in 0..<count {
      #expect(try await Self.next(of: queue) == [TestFrame(value)])
      progress.read.store(value + 1, ordering: .releasing)
    }
    await writer.value
  }

  @Test("its end wakes a waiting reader with .closed", arguments: moments)
  func finishWakes(_ yields: Int) async throws {
    let queue = FrameQueue()
    let task = Task { try await Self.next(of: queue) }
    for _ in 0..<yields { await Task.yield() }
    #expect(queue.life.end())
    queue.finish()
    let error = await #expect(throws: TransportError.self) { try await task.value }
    #expect(error?.code == .closed)
  }

  @Test("a cancelled reader gets .cancelled, and the next one its frame", arguments: moments)
  func cancels(_ yields: Int) async throws {
    let queue = FrameQueue()
    let task = Task { try await Self.next(of: queue) }
    for _ in 0..<yields { await Task.yield() }
    task.cancel()
    let error = await #expect(throws: TransportError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    queue.push(TestFrame(7))
    #expect(try await Self.next(of: queue) == [TestFrame(7)])
  }

  @Test("a cancelled reader still gets what is there already")
  func cancelledWithFrames() async throws {
    let queue = FrameQueue()
    queue.push(TestFrame(7))
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await Self.next(of: queue)
    }
    #expect(try await task.value == [TestFrame(7)])
  }

  private static func next(of queue: FrameQueue) async throws(TransportError) -> [TestFrame] {
    unsafe try await queue.nextFrames().copies
  }
}

/// How many frames the reader has had.
private final class Progress: Sendable {
  let read = Atomic<Int>(0)
}
