import NIOCore
import PilotTransport

/// Encoded messages behind each other in one buffer, and where they begin, who sent them and when.
///
/// Those that go, go from the front; or, one sender's oldest, from between the others, which leaves a hole in the buffer
/// until it is copied without.
struct OutboundChunk {
  /// Messages of one group of senders, one length and one time stamp that follow each other. Its first ones may have been
  /// dropped: `dropped` of them lie in the buffer before the `count` that wait.
  private struct Run {
    let stamp: MonotonicInstant
    let encodedLength: UInt32
    let payloadLength: UInt32
    var count: UInt16
    var dropped: UInt16 = 0
    let group: SenderShares.Group

    var waitingBytes: Int { Int(count) * Int(encodedLength) }
    var droppedBytes: Int { Int(dropped) * Int(encodedLength) }
  }

  /// One message that is appended.
  struct Message {
    let group: SenderShares.Group
    let stamp: MonotonicInstant
    let payloadLength: Int
    let encodedLength: Int
  }

  /// Its readable bytes begin with the first message that waits.
  private(set) var buffer: ByteBuffer
  private var runs: [Run] = []
  /// The first run with a message that waits; nothing in it has been dropped.
  private var firstRun = 0
  /// Bytes of messages that were dropped from between others.
  private(set) var holes = 0
  /// The groups that may have a message here, a bit each.
  private var groups: UInt64 = 0
  /// No run before this one has a message of this group.
  private var searched: (group: SenderShares.Group, run: Int) = (SenderShares.own, 0)

  /// - Parameter capacity: Bytes that it holds without growing.
  init(capacity: Int) {
    buffer = ByteBufferAllocator().buffer(capacity: capacity)
  }

  var isEmpty: Bool { firstRun == runs.count }

  /// Bytes in the buffer, holes included.
  var storedBytes: Int { buffer.readableBytes }

  /// Bytes of messages that wait.
  var waitingBytes: Int { buffer.readableBytes - holes }

  /// When the first message came; nil if there is none.
  var oldest: MonotonicInstant? { isEmpty ? nil : runs[firstRun].stamp }

  /// The messages that wait, and the bytes of their payloads.
  var tally: OutboundQueue.Tally {
    var tally = OutboundQueue.Tally()
    for run in runs[firstRun...] {
      tally.frames += Int(run.count)
      tally.payloadBytes += Int(run.count) * Int(run.payloadLength)
    }
    return tally
  }

  /// Calls `body` with the bytes that wait of a group, run by run.
  func forEachShare(_ body: (SenderShares.Group, Int) -> Void) {
    for run in runs[firstRun...] { body(run.group, run.waitingBytes) }
  }

  @inline(__always)
  mutating func append(_ message: Message, head: RawSpan, body: RawSpan, by encoder: inout WebSocketEncoder) {
    encoder.append(.binary, head: head, body: body, into: &buffer)
    groups |= Self.bit(message.group)
    let last = runs.count - 1
    // Not to a run of which nothing waits: what has been searched stays searched.
    if last >= firstRun, runs[last].stamp == message.stamp, runs[last].payloadLength == message.payloadLength,
      runs[last].group == message.group, runs[last].count > 0, runs[last].count < .max - runs[last].dropped
    {
      runs[last].count += 1
    } else {
      runs.append(
        Run(
          stamp: message.stamp, encodedLength: UInt32(message.encodedLength),
          payloadLength: UInt32(message.payloadLength), count: 1, group: message.group))
    }
  }

  /// Appends what waits in another chunk.
  mutating func append(contentsOf other: OutboundChunk) {
    var position = other.buffer.readerIndex
    for run in other.runs[other.firstRun...] {
      position += run.droppedBytes
      guard run.count > 0 else { continue }
      buffer.writeImmutableBuffer(other.buffer.getSlice(at: position, length: run.waitingBytes) ?? ByteBuffer())
      position += run.waitingBytes
      runs.append(run)
      runs[runs.count - 1].dropped = 0
      groups |= Self.bit(run.group)
    }
  }

  /// The same messages without holes.
  func compacted() -> OutboundChunk {
    var copy = OutboundChunk(capacity: waitingBytes)
    copy.append(contentsOf: self)
    return copy
  }

  /// Drops the first message. There must be one.
  ///
  /// - Returns: Whose it was, and its encoded length.
  mutating func removeFirst() -> (group: SenderShares.Group, length: Int) {
    let (group, length) = (runs[firstRun].group, Int(runs[firstRun].encodedLength))
    buffer.moveReaderIndex(forwardBy: length)
    runs[firstRun].count -= 1
    passHoles()
    return (group, length)
  }

  private mutating func passHoles() {
    while firstRun < runs.count {
      let gone = runs[firstRun].droppedBytes
      buffer.moveReaderIndex(forwardBy: gone)
      holes -= gone
      runs[firstRun].dropped = 0
      if runs[firstRun].count > 0 { return }
      firstRun += 1
    }
  }

  /// Drops the first message of a group.
  ///
  /// - Returns: Its encoded length; nil if there is none.
  mutating func removeFirst(of group: SenderShares.Group) -> Int? {
    guard groups & Self.bit(group) != 0 else { return nil }
    var index = searched.group == group ? max(searched.run, firstRun) : firstRun
    while index < runs.count, runs[index].group != group || runs[index].count == 0 { index += 1 }
    searched = (group, index)
    guard index < runs.count else {
      groups &= ~Self.bit(group)
      return nil
    }
    if index == firstRun { return removeFirst().length }
    let length = Int(runs[index].encodedLength)
    runs[index].count -= 1
    runs[index].dropped += 1
    holes += length
    return length
  }

  /// Of this end's own frames there is no bit: they aren't searched for.
  private static func bit(_ group: SenderShares.Group) -> UInt64 {
    1 << UInt64(group)
  }
}
