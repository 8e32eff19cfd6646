import PilotTesting
import PilotWire
import Testing

@testable import PilotTransport

@Suite("FrameQueue, at random")
struct FrameQueueModelTests {
  @Test("behaves like an array that drops its first elements", arguments: Seeds.all)
  func model(_ seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let limits = FrameQueue.Limits(
      bytes: Int.random(in: 0...300_000, using: &random), frames: Int.random(in: 1...3_000, using: &random))
    let longest = [10, 2_000, 65_535].randomElement(using: &random) ?? 10
    let queue = FrameQueue(limits: limits)
    var receiver = Receiver(queue)
    var model: [TestFrame] = []
    var bytes = 0
    var expected = FrameQueue.Counts()
    for _ in 0..<60 {
      for _ in 0..<Int.random(in: 0...80, using: &random) {
        let frame = TestFrame.random(upTo: longest, using: &random)
        queue.push(frame)
        while !model.isEmpty, model.count >= limits.frames || bytes + frame.bytes.count > limits.bytes {
          bytes -= model.removeFirst().bytes.count
          expected.droppedOldest += 1
        }
        model.append(frame)
        bytes += frame.bytes.count
      }
      if !model.isEmpty, random.chance(0.5) {
        // One receive may lend a part of what is there.
        let frames = try await receiver.receiveCopies()
        #expect(!frames.isEmpty)
        #expect(frames == Array(model.prefix(frames.count)))
        model.removeFirst(frames.count)
        bytes -= frames.map(\.bytes.count).reduce(0, +)
        expected.delivered += UInt64(frames.count)
        expected.deliveredBytes += UInt64(frames.map(\.bytes.count).reduce(0, +))
      }
      #expect(queue.counts == expected)
    }
    queue.finish()
    expected.unread = UInt64(model.count)
    #expect(queue.counts == expected)
  }

  @Test("accounts for every frame of concurrent writers, and keeps the order of each", arguments: [16, 20_000])
  func concurrency(_ limit: Int) async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(bytes: 1 << 20, frames: limit))
    let writers: UInt16 = 4
    let perWriter: UInt32 = 2_000
    var received: [UInt16: UInt32] = [:]
    var delivered: UInt64 = 0
    var receiver = Receiver(queue)
    await withTaskGroup(of: Void.self) { group in
      for writer in 1...writers {
        group.addTask {
          for number in 1...perWriter {
            let bytes = unsafe withUnsafeBytes(of: number) { unsafe [UInt8]($0) }
            queue.push(TestFrame(bytes, Endpoint(ipv4: 10, 0, 0, 1, port: writer)))
          }
        }
      }
    }
    queue.push(TestFrame([], Endpoint(ipv4: 10, 0, 0, 1, port: 9)))
    var isOver = false
    while !isOver {
      for frame in try await receiver.receiveCopies() {
        delivered += 1
        guard frame.endpoint.port != 9 else {
          isOver = true
          continue
        }
        let number = frame.bytes.enumerated().reduce(0) { $0 | UInt32($1.element) << (8 * UInt32($1.offset)) }
        #expect(number > received[frame.endpoint.port] ?? 0)
        received[frame.endpoint.port] = number
      }
    }
    #expect(delivered + queue.counts.droppedOldest == UInt64(writers) * UInt64(perWriter) + 1)
  }

  @Test("accounts for every frame when it ends while others write and read", arguments: 1...10)
  func finishUnderLoad(_ round: Int) async throws {
    let queue = FrameQueue(limits: FrameQueue.Limits(frames: 64))
    let total = 4 * 500
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          for value in 0..<500 { queue.push(TestFrame(value, length: writer)) }
        }
      }
      group.addTask {
        var receiver = Receiver(queue)
        let error = await #expect(throws: TransportError.self) { while true { _ = try await receiver.receiveCopies() } }
        #expect(error?.code == .closed)
      }
      for _ in 0..<round * round { await Task.yield() }
      #expect(queue.life.end())
      queue.finish()
    }
    let counts = queue.counts
    #expect(counts.delivered + counts.droppedOldest + counts.unread == UInt64(total))
  }
}
