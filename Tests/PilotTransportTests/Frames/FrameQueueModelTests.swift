import PilotTesting
import PilotWire
import Testing

@testable import PilotTransport

@Suite("FrameQueue, at random")
struct FrameQueueModelTests {
  enum Event: Sendable {
    case push(TestFrame)
    /// Takes what one receive gives, if there is something.
    case receive
    case malformed
    case finish
  }

  /// An array that drops its first elements.
  private struct Model {
    let limits: FrameQueue.Limits
    var frames: [TestFrame] = []
    var counts = FrameQueue.Counts()
    var isFinished = false

    var bytes: Int { frames.map(\.bytes.count).reduce(0, +) }

    mutating func push(_ frame: TestFrame) {
      if isFinished {
        counts.unread += 1
        return
      }
      while !frames.isEmpty, frames.count >= limits.frames || bytes + frame.bytes.count > limits.bytes {
        frames.removeFirst()
        counts.droppedOldest += 1
      }
      frames.append(frame)
    }

    /// One receive may lend a part of what is there.
    mutating func received(_ taken: [TestFrame]) -> String? {
      guard !taken.isEmpty, taken == Array(frames.prefix(taken.count)) else { return "received \(taken)" }
      frames.removeFirst(taken.count)
      counts.delivered += UInt64(taken.count)
      counts.deliveredBytes += UInt64(taken.map(\.bytes.count).reduce(0, +))
      return nil
    }

    mutating func finish() {
      isFinished = true
      counts.unread += UInt64(frames.count)
      frames = []
    }
  }

  static func draw(longest: Int, _ random: inout SeededRandom) -> Event {
    switch Int.random(in: 0..<1_000, using: &random) {
    case 0: .finish
    case 1..<10: .malformed
    case 10..<40: .receive
    default: .push(.random(upTo: longest, using: &random))
    }
  }

  @Test("behaves like an array that drops its first elements", arguments: Seeds.all)
  func model(_ seed: UInt64) async throws {
    var random = SeededRandom(seed: ~seed)
    let limits = FrameQueue.Limits(
      bytes: Int.random(in: 0...100_000, using: &random), frames: Int.random(in: 1...300, using: &random))
    let longest = [10, 2_000, 65_535].randomElement(using: &random) ?? 10
    let draw: (inout SeededRandom) -> Event = { Self.draw(longest: longest, &$0) }
    let found = try await Counterexample.search(seed: seed, events: 1_500, draw: draw) { events in
      let queue = FrameQueue(limits: limits)
      var receiver = Receiver(queue)
      var model = Model(limits: limits)
      for (step, event) in events.enumerated() {
        var difference: String?
        switch event {
        case .push(let frame):
          queue.push(frame)
          model.push(frame)
        case .receive:
          if !model.frames.isEmpty { difference = model.received(try await receiver.receiveCopies()) }
        case .malformed:
          queue.countMalformed()
          model.counts.malformed += 1
        case .finish:
          queue.finish()
          model.finish()
        }
        if queue.counts != model.counts { difference = "\(queue.counts), not \(model.counts)" }
        if let difference { return .init(after: step, difference) }
      }
      return nil
    }
    if let found { Issue.record("\(limits), frames up to \(longest): \(found)") }
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
