import NIOCore
import NIOPosix
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

/// The queue as anyone would write it who has all the memory and time in the world.
private struct NaiveQueue {
  struct Item {
    let frame: [UInt8]
    let length: Int
    let time: MonotonicInstant
  }

  var items: [Item] = []
  var counts = OutboundQueue.Counts()
  var taken: UInt64 = 0
  var isOpen = false
  var isClosed = false

  var bytes: Int { items.map(\.length).reduce(0, +) }

  /// To the millisecond, as the queue promises.
  mutating func expire(at now: MonotonicInstant, age: Duration) {
    while let first = items.first,
      MonotonicInstant(nanoseconds: first.time.nanoseconds / 1_000_000 * 1_000_000).advanced(by: age) < now
    {
      items.removeFirst()
      counts.expired += 1
    }
  }

  mutating func lose(_ count: Int) {
    if isClosed { counts.unsent += UInt64(count) } else { counts.lost += UInt64(count) }
  }

  mutating func disconnect() {
    isOpen = false
    lose(items.count)
    items = []
  }
}

@Suite(.timeLimit(.minutes(2)))
struct OutboundQueueModelTests {
  @Test(arguments: 0..<40)
  func `random sequences do what the naive queue does, and the counts add up`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let role: WebSocketRole = seed % 2 == 0 ? .client : .server
    let overflow: OutboundQueue.Overflow = seed % 4 < 2 ? .refuseNewest : .dropOldest
    let limit = Int.random(in: 200...60_000, using: &random)
    let age = Duration.milliseconds(Int.random(in: 1...50, using: &random))
    let harness = QueueHarness(role: role, bytes: limit, age: age, overflow: overflow)
    let encoder = WebSocketEncoder(role: role)
    var model = NaiveQueue()
    var lease: OutboundQueue.Lease?
    var underWay: [OutboundQueue.Tally] = []
    var underWayFrames = 0

    for _ in 0..<1_000 {
      switch Int.random(in: 0..<100, using: &random) {
      case 0..<55:
        let frame = random.bytes(Int.random(in: 0...(Bool.random(using: &random) ? 20 : 3_000), using: &random))
        let length = frame.count + encoder.overhead(forPayloadOf: frame.count)
        let admission = harness.append(frame)
        guard model.isOpen else {
          try #require(admission == .disconnected, "seed \(seed)")
          continue
        }
        model.expire(at: harness.clock.now, age: age)
        if model.bytes + length > limit {
          if overflow == .refuseNewest {
            try #require(admission == .full, "seed \(seed)")
            continue
          }
          while !model.items.isEmpty, model.bytes + length > limit {
            model.items.removeFirst()
            model.counts.overflowed += 1
          }
        }
        try #require(admission == .queued, "seed \(seed)")
        model.taken += 1
        model.items.append(NaiveQueue.Item(frame: frame, length: length, time: harness.clock.now))
      case 55..<75:
        guard let held = lease else { continue }
        model.expire(at: harness.clock.now, age: age)
        guard let chunk = harness.queue.take(held) else {
          try #require(model.items.isEmpty, "seed \(seed)")
          continue
        }
        let frames = try harness.frames(of: chunk)
        try #require(!frames.isEmpty && frames == model.items.prefix(frames.count).map(\.frame), "seed \(seed)")
        model.items.removeFirst(frames.count)
        underWay.append(chunk.tally)
        underWayFrames += frames.count
      case 75..<88:
        harness.clock.advance(by: .microseconds(Int.random(in: 0...8_000, using: &random)))
      case 88..<95:
        guard let tally = underWay.popLast() else { continue }
        underWayFrames -= tally.frames
        if Bool.random(using: &random) {
          harness.queue.written(tally)
          model.counts.sent += UInt64(tally.frames)
          model.counts.sentBytes += UInt64(tally.payloadBytes)
        } else {
          harness.queue.failed(tally)
          model.lose(tally.frames)
        }
      case 95..<97:
        if let held = lease.take() { harness.queue.disconnect(held) }
        model.disconnect()
      case 97..<99:
        lease = harness.open()
        model.disconnect()
        model.isOpen = !model.isClosed
        try #require((lease != nil) == model.isOpen, "seed \(seed)")
      default:
        guard Int.random(in: 0..<10, using: &random) == 0 else { continue }
        harness.queue.close()
        model.isClosed = true
        model.disconnect()
      }
      let counts = harness.queue.counts
      try #require(counts == model.counts, "seed \(seed)")
      try #require(harness.queue.waitingBytes == model.bytes, "seed \(seed)")
      let accounted = counts.sent + counts.expired + counts.overflowed + counts.lost + counts.unsent
      try #require(model.taken == accounted + UInt64(model.items.count + underWayFrames), "seed \(seed)")
    }
  }

  @Test func `eight threads send at once: each one's frames stay whole and in order, and none is lost`() async throws {
    let (senders, perSender) = (8, 4_000)
    let harness = QueueHarness(role: .client, bytes: 20_000, age: .seconds(3_600))
    let lease = try #require(harness.open())
    let pool = NIOThreadPool(numberOfThreads: senders + 1)
    pool.start()
    let finished = Counter()
    async let sending: Void = withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<senders {
        group.addTask {
          try await pool.runIfActive {
            for index in 0..<perSender {
              let frame = [UInt8(sender), UInt8(index >> 8), UInt8(index & 0xFF)] + pattern(index % 90, seed: index)
              while harness.append(frame) != .queued {}
            }
            finished.increment()
          }
        }
      }
      try await group.waitForAll()
    }
    async let taking = pool.runIfActive {
      var next = [Int](repeating: 0, count: senders)
      while true {
        let isOver = finished.value == senders
        for frame in try harness.takeAll(lease) {
          let index = next[Int(frame[0])]
          #expect(frame == [frame[0], UInt8(index >> 8), UInt8(index & 0xFF)] + pattern(index % 90, seed: index))
          next[Int(frame[0])] += 1
        }
        if isOver { return next }
      }
    }
    try await sending
    #expect(try await taking == [Int](repeating: perSender, count: senders))
    #expect(harness.queue.counts.sent == UInt64(senders * perSender))
    try await pool.shutdownGracefully()
  }
}
