import NIOCore
import NIOPosix
import PilotTesting
import PilotTransport
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

/// What happens to a queue.
private enum Event: Sendable {
  case append(length: Int, seed: Int, sender: UInt32)
  /// The connection takes a chunk.
  case take
  case pass(Duration)
  /// The kernel has taken the newest chunk that is under way, or its connection has failed.
  case written, failed
  case disconnect, open, close

  static func draw(_ random: inout SeededRandom) -> Event {
    switch Int.random(in: 0..<1_000, using: &random) {
    case 0..<550:
      let longest = Bool.random(using: &random) ? 20 : 3_000
      return .append(
        length: Int.random(in: 0...longest, using: &random), seed: Int.random(in: 0..<1_000, using: &random),
        sender: Bool.random(using: &random) ? 1 : UInt32.random(in: 0...6, using: &random))
    case 550..<750: return .take
    case 750..<880: return .pass(.microseconds(Int.random(in: 0...8_000, using: &random)))
    case 880..<915: return .written
    case 915..<950: return .failed
    case 950..<955: return .disconnect
    case 955..<999: return .open
    default: return .close
    }
  }
}

/// The queue as anyone would write it who has all the memory and time in the world.
private struct NaiveQueue {
  struct Item {
    let frame: [UInt8]
    let length: Int
    let group: SenderShares.Group
    let time: MonotonicInstant

    /// To the millisecond, as the queue promises.
    var stamp: MonotonicInstant { MonotonicInstant(nanoseconds: time.nanoseconds / 1_000_000 * 1_000_000) }
  }

  let limit: Int
  let age: Duration
  let overflow: OutboundQueue.Overflow
  let senders: SenderShares
  var items: [Item] = []
  var counts = OutboundQueue.Counts()
  var taken: UInt64 = 0
  var isOpen = false
  var isClosed = false

  var bytes: Int { items.map(\.length).reduce(0, +) }

  mutating func append(
    _ frame: [UInt8], length: Int, from sender: UInt32, at now: MonotonicInstant
  ) -> OutboundQueue.Admission {
    guard isOpen else { return .disconnected }
    expire(at: now)
    if overflow == .refuseNewest, bytes + length > limit { return .full }
    while !items.isEmpty, bytes + length > limit { dropFromFullest() }
    if overflow == .dropOldest, let first = items.first, first.stamp.advanced(by: age / 2) < now {
      let goal = bytes - length
      while bytes > goal, Set(items.map(\.group)).subtracting([SenderShares.own]).count > 1 { dropFromFullest() }
    }
    taken += 1
    items.append(Item(frame: frame, length: length, group: senders.group(of: sender), time: now))
    return .queued
  }

  mutating func dropFromFullest() {
    var waiting: [SenderShares.Group: Int] = [:]
    for item in items where item.group != SenderShares.own { waiting[item.group, default: 0] += item.length }
    let fullest = waiting.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? SenderShares.own
    items.remove(at: items.firstIndex { $0.group == fullest } ?? 0)
    counts.overflowed += 1
  }

  mutating func expire(at now: MonotonicInstant) {
    while let first = items.first, first.stamp.advanced(by: age) < now {
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

/// A queue and its model, which go through the same.
private struct Comparison {
  let harness: QueueHarness
  let encoder: WebSocketEncoder
  var model: NaiveQueue
  var lease: OutboundQueue.Lease?
  var underWay: [OutboundQueue.Tally] = []

  init(role: WebSocketRole, limit: Int, age: Duration, overflow: OutboundQueue.Overflow, key: UInt64) {
    harness = QueueHarness(role: role, bytes: limit, age: age, overflow: overflow, key: key)
    encoder = WebSocketEncoder(role: role)
    model = NaiveQueue(limit: limit, age: age, overflow: overflow, senders: SenderShares(key: key))
  }

  /// - Returns: How queue and model differ after the event, if they do.
  mutating func play(_ event: Event) throws -> String? {
    if let difference = try perform(event) { return difference }
    let counts = harness.queue.counts
    if counts != model.counts { return "\(counts), not \(model.counts)" }
    if harness.queue.waitingBytes != model.bytes { return "\(harness.queue.waitingBytes) bytes, not \(model.bytes)" }
    let accounted = counts.sent + counts.expired + counts.overflowed + counts.lost + counts.unsent
    let held = model.items.count + underWay.map(\.frames).reduce(0, +)
    return model.taken == accounted + UInt64(held) ? nil : "\(model.taken) taken, \(accounted) ended, \(held) held"
  }

  private mutating func perform(_ event: Event) throws -> String? {
    let now = harness.clock.now
    switch event {
    case .append(let length, let seed, let sender):
      let frame = pattern(length, seed: seed)
      let admission = harness.append(frame, from: sender)
      let expected = model.append(
        frame, length: length + encoder.overhead(forPayloadOf: length), from: sender, at: now)
      return admission == expected ? nil : "\(admission), not \(expected)"
    case .take:
      return try take(at: now)
    case .pass(let duration):
      harness.clock.advance(by: duration)
    case .written:
      guard let tally = underWay.popLast() else { return nil }
      harness.queue.written(tally)
      model.counts.sent += UInt64(tally.frames)
      model.counts.sentBytes += UInt64(tally.payloadBytes)
    case .failed:
      guard let tally = underWay.popLast() else { return nil }
      harness.queue.failed(tally)
      model.lose(tally.frames)
    case .disconnect:
      if let held = lease.take() { harness.queue.disconnect(held) }
      model.disconnect()
    case .open:
      lease = harness.open()
      model.disconnect()
      model.isOpen = !model.isClosed
      if (lease != nil) != model.isOpen { return "a lease: \(lease != nil)" }
    case .close:
      harness.queue.close()
      model.isClosed = true
      model.disconnect()
    }
    return nil
  }

  private mutating func take(at now: MonotonicInstant) throws -> String? {
    guard let lease else { return nil }
    model.expire(at: now)
    guard let chunk = harness.queue.take(lease) else {
      return model.items.isEmpty ? nil : "nothing to take of \(model.items.count) frames"
    }
    let frames = try harness.frames(of: chunk)
    guard !frames.isEmpty, frames == model.items.prefix(frames.count).map(\.frame) else { return "other frames" }
    model.items.removeFirst(frames.count)
    underWay.append(chunk.tally)
    return nil
  }
}

@Suite(.timeLimit(.minutes(2)))
struct OutboundQueueModelTests {
  @Test(arguments: 0..<40)
  func `random sequences do what the naive queue does, and the counts add up`(seed: UInt64) async throws {
    var random = SeededRandom(seed: ~seed)
    let role: WebSocketRole = seed % 2 == 0 ? .client : .server
    let overflow: OutboundQueue.Overflow = seed % 4 < 2 ? .refuseNewest : .dropOldest
    let limit = Int.random(in: 200...(Bool.random(using: &random) ? 5_000 : 60_000), using: &random)
    let age = Duration.milliseconds(Int.random(in: 1...(Bool.random(using: &random) ? 20 : 200), using: &random))
    let key = UInt64.random(in: 0 ... .max, using: &random)
    let found = try await Counterexample.search(seed: seed, events: 1_000, draw: Event.draw) { events in
      var comparison = Comparison(role: role, limit: limit, age: age, overflow: overflow, key: key)
      for (step, event) in events.enumerated() {
        if let difference = try comparison.play(event) { return .init(after: step, difference) }
      }
      return nil
    }
    if let found { Issue.record("\(role), \(limit) bytes, \(age), \(overflow): \(found)") }
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
