import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotUDP

/// How a batch's frames become messages.
@Suite struct GroupingTests {
  private static let reach = SocketReach(family: 4, local: peer(0), ipv6Only: false)

  private static func peer(_ number: Int) -> Endpoint { Endpoint(ipv4: 192, 0, 2, 1, port: UInt16(1_000 + number)) }

  /// The messages of one fill: where each goes, and its frames.
  private struct Message: Equatable {
    let peer: Endpoint
    var local = LocalAddress.any
    let frames: [[UInt8]]
  }

  /// A frame as it was put into a batch.
  private struct Sent: Equatable {
    let local: LocalAddress
    let bytes: [UInt8]
  }

  private static func messages(
    of batch: borrowing FrameBatch, at cursor: inout RunCursor, limits: SegmentLimits = SegmentLimits(isAvailable: true)
  ) -> (messages: [Message], isRegrouped: Bool) {
    let outgoing = OutgoingMessages()
    unsafe outgoing.fill(from: batch.runs, at: &cursor, reach: reach, limits: limits, locals: nil)
    let messages = (0..<outgoing.count).map { index in
      var frames: [[UInt8]] = []
      outgoing.forEachFrame(of: index) { frames.append($0.copied) }
      #expect(frames.count == outgoing[index].frames)
      #expect(frames.reduce(0) { $0 + $1.count } == outgoing[index].bytes)
      return Message(peer: outgoing[index].destination, local: outgoing[index].local, frames: frames)
    }
    return (messages, outgoing.isRegrouped)
  }

  private static func messages(of batch: borrowing FrameBatch) -> (messages: [Message], isRegrouped: Bool) {
    var cursor = RunCursor()
    let result = messages(of: batch, at: &cursor)
    let end = unsafe RunCursor(run: batch.runs.count)
    #expect(cursor == end)
    return result
  }

  @Test func `destinations that alternate get one message each, with their frames in order`() {
    var batch = FrameBatch()
    for number in 0..<40 { batch.add(pattern(100, seed: number), to: Self.peer(number % 16)) }
    let (messages, isRegrouped) = Self.messages(of: batch)
    let expected = (0..<16).map { first in
      Message(
        peer: Self.peer(first), frames: stride(from: first, to: 40, by: 16).map { pattern(100, seed: $0) })
    }
    #expect(messages == expected)
    #expect(isRegrouped)
  }

  @Test func `frames for one destination stay in the batch's order, whatever their lengths`() {
    var batch = FrameBatch()
    let lengths = [50, 50, 20, 50, 0, 50, 80, 50, 10, 10, 0, 0, 7]
    for (number, length) in lengths.enumerated() {
      batch.add(pattern(length, seed: number), to: Self.peer(1))
      batch.add(pattern(length, seed: number + 100), to: Self.peer(2))
    }
    let messages = Self.messages(of: batch).messages
    for (peer, seed) in [(1, 0), (2, 100)] {
      let frames = messages.filter { $0.peer == Self.peer(peer) }.flatMap(\.frames)
      #expect(frames == lengths.enumerated().map { pattern($0.element, seed: $0.offset + seed) })
    }
  }

  @Test func `only the last frame of a message is shorter, and an empty one is alone`() {
    var batch = FrameBatch()
    for length in [50, 50, 20, 50, 0, 60] { batch.add(pattern(length), to: Self.peer(1)) }
    let (messages, isRegrouped) = Self.messages(of: batch)
    #expect(messages.map { $0.frames.map(\.count) } == [[50, 50, 20], [50], [0], [60]])
    #expect(!isRegrouped)
  }

  @Test func `a message holds 64 frames, and at most what a datagram holds`() {
    var batch = FrameBatch(byteCapacity: 1 << 20, frameCapacity: 4_096)
    for _ in 0..<130 { batch.add(pattern(10), to: Self.peer(1)) }
    for _ in 0..<60 { batch.add(pattern(1_200), to: Self.peer(2)) }
    #expect(Self.messages(of: batch).messages.map(\.frames.count) == [64, 64, 2, 54, 6])
  }

  @Test func `more destinations than messages are for the next call`() {
    var batch = FrameBatch()
    for number in 0..<100 { batch.add(pattern(10, seed: number), to: Self.peer(number)) }
    var cursor = RunCursor()
    let first = Self.messages(of: batch, at: &cursor).messages
    #expect(cursor == RunCursor(run: 64))
    let second = Self.messages(of: batch, at: &cursor).messages
    #expect((first + second).map(\.peer) == (0..<100).map(Self.peer))
    #expect((first + second).map(\.frames) == (0..<100).map { [pattern(10, seed: $0)] })
  }

  @Test func `without segmentation every frame is a message of its own, in order`() {
    var batch = FrameBatch()
    for number in 0..<10 { batch.add(pattern(10, seed: number), to: Self.peer(number % 3)) }
    var cursor = RunCursor()
    let (messages, isRegrouped) = Self.messages(
      of: batch, at: &cursor, limits: SegmentLimits(isAvailable: false))
    #expect(messages == (0..<10).map { Message(peer: Self.peer($0 % 3), frames: [pattern(10, seed: $0)]) })
    #expect(!isRegrouped)
  }

  @Test func `frames from different addresses share no message, and don't overtake each other`() {
    var batch = FrameBatch()
    let locals = [1, 1, 2, 1, 2, 2, 0].map { LocalAddress(index: $0) }
    for (number, local) in locals.enumerated() {
      batch.add(pattern(50, seed: number), to: Self.peer(1), from: local)
      batch.add(pattern(50, seed: number + 100), to: Self.peer(2), from: local)
    }
    let messages = Self.messages(of: batch).messages
    for (peer, seed) in [(1, 0), (2, 100)] {
      let own = messages.filter { $0.peer == Self.peer(peer) }
      #expect(own.map(\.local) == [1, 2, 1, 2, 0].map { LocalAddress(index: $0) })
      #expect(own.map(\.frames.count) == [2, 1, 1, 2, 1])
      #expect(own.flatMap(\.frames) == locals.indices.map { pattern(50, seed: $0 + seed) })
    }
  }

  @Test func `any batch comes out whole, in order for each destination`() {
    for seed in 0..<200 as Range<UInt64> {
      var generator = SeededRandom(seed: seed)
      var batch = FrameBatch(byteCapacity: 1 << 20, frameCapacity: 2_048)
      var sent: [Endpoint: [Sent]] = [:]
      let lengths = [0, 1, 9, 9, 9, 100, 100, 1_200]
      for number in 0..<Int.random(in: 1...600, using: &generator) {
        let peer = Self.peer(Int.random(in: 0..<80, using: &generator))
        let frame = pattern(lengths[Int.random(in: 0..<lengths.count, using: &generator)], seed: number)
        // Mostly the same one.
        let local = LocalAddress(index: UInt8(max(Int.random(in: 0...9, using: &generator) - 7, 0)))
        batch.add(frame, to: peer, from: local)
        sent[peer, default: []].append(Sent(local: local, bytes: frame))
      }
      var cursor = RunCursor()
      var received: [Endpoint: [Sent]] = [:]
      let runs = unsafe batch.runs.count
      while cursor.run < runs {
        for message in Self.messages(of: batch, at: &cursor).messages {
          received[message.peer, default: []] += message.frames.map { Sent(local: message.local, bytes: $0) }
        }
      }
      #expect(received == sent, "seed \(seed)")
    }
  }
}
