import PilotWire
import Testing

@testable import PilotTransport

/// A capture's queue, without a file: what is taken, left out, counted, and in which order it comes out.
@Suite struct CaptureQueueTests {
  private static let source = Endpoint(ipv4: 192, 0, 2, 1, port: 4_000)
  private static let destination = Endpoint(ipv4: 198, 51, 100, 7, port: 9_001)
  private static let site = Endpoint(high: 0x2001_0DB8_0000_0000, low: 7, port: 9_001)

  private func queue(limit: Int = 1 << 20, capacity: Int = 1 << 20) -> CaptureQueue {
    CaptureQueue(limit: limit, capacity: capacity, application: "pilot test")
  }

  @discardableResult
  private func put(
    _ count: Int, into queue: inout CaptureQueue, _ direction: CaptureDirection = .outbound, on interface: UInt32 = 0,
    to destination: Endpoint = destination, at time: UInt64 = 1
  ) -> CaptureQueue.OnTake {
    let frame = [UInt8](repeating: 7, count: count)
    return queue.take(
      frame.span.raw, RawSpan(), direction, on: interface, isDatagram: true, from: Self.source, to: destination,
      at: time)
  }

  /// All that is to be written, as if a disk took it.
  private func drain(_ queue: inout CaptureQueue) -> [UInt8] {
    var (bytes, next): ([UInt8], [UInt8]) = ([], [])
    while queue.next(&next) {
      bytes += next
      queue.written(next.count, frames: CaptureBlock.whole(in: next[...]).frames)
    }
    return bytes
  }

  @Test func `frames of every length come out whole, with direction, path, time and addresses`() throws {
    var queue = queue()
    let (udp, wss) = (queue.interface(.udp), queue.interface(.wss))
    #expect(queue.interface(.udp) == udp)
    let lengths = Array(0...9) + [1_199, 1_200, 65_535]
    for (index, length) in lengths.enumerated() {
      let isOdd = index % 2 == 1
      put(
        length, into: &queue, isOdd ? .inbound : .outbound, on: isOdd ? wss : udp,
        to: isOdd ? Self.site : Self.destination, at: 1_700_000_000_123_456_789 + UInt64(index))
    }
    let file = try PcapngFile(drain(&queue))
    #expect(file.application == "pilot test")
    #expect(file.interfaces.map(\.name) == ["udp", "wss"])
    #expect(file.interfaces.allSatisfy { $0.linkType == 252 && $0.resolution == 9 && !$0.details.isEmpty })
    #expect(file.packets.map(\.frame.count) == lengths)
    for (index, packet) in file.packets.enumerated() {
      let isOdd = index % 2 == 1
      #expect(packet.isInbound == isOdd && packet.interface == (isOdd ? 1 : 0) && packet.dissector == "pilot")
      #expect(packet.nanoseconds == 1_700_000_000_123_456_789 + UInt64(index))
      #expect(packet.frame.allSatisfy { $0 == 7 })
      #expect(packet.sourcePort == 4_000 && packet.destinationPort == 9_001 && packet.portKind == 3)
      // Both in one family: IPv4 in its mapped form beside IPv6.
      #expect(packet.source == (isOdd ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] : []) + [192, 0, 2, 1])
      #expect(
        packet.destination
          == (isOdd ? [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7] : [198, 51, 100, 7]))
    }
    #expect(queue.counters.frames == UInt64(lengths.count) && queue.counters.leftOut == 0)
  }

  @Test(arguments: 0...64)
  func `the length that is reckoned is the one that is written`(length: Int) {
    for (destination, dropped) in [(Self.destination, 0), (Self.site, 3)] as [(Endpoint, UInt64)] {
      var bytes: [UInt8] = []
      let frame = [UInt8](repeating: 1, count: length)
      CaptureBlock.appendPacket(
        frame.span.raw, RawSpan(), .inbound, interface: 0, isDatagram: false, from: Self.source, to: destination,
        at: 5, dropped: dropped, to: &bytes)
      #expect(
        bytes.count == CaptureBlock.packetLength(length, from: Self.source, to: destination, dropped: dropped))
      #expect(CaptureBlock.whole(in: bytes[...]) == (bytes.count, 1))
      #expect(CaptureBlock.whole(in: bytes.dropLast()) == (0, 0))
    }
  }

  @Test func `the file ends before its limit, statistics included, and holds all frames up to that point`() throws {
    var queue = queue(limit: 6_000)
    let udp = queue.interface(.udp)
    var ends: [CaptureEnd] = []
    for number in 0..<100 {
      // A short one would still fit when a long one doesn't: it isn't taken either.
      let end = put(number % 3 == 0 ? 900 : 10, into: &queue, on: udp).end
      if let end { ends.append(end) }
    }
    #expect(ends == [.limit(bytes: 6_000)])
    let wakesAgain = queue.end(at: 9)
    #expect(!wakesAgain, "the first frame has woken the writer")
    let bytes = drain(&queue)
    #expect(bytes.count <= 6_000 && bytes.count > 4_500)
    let file = try PcapngFile(bytes)
    let taken = file.packets.count
    #expect(file.packets.map(\.frame.count) == (0..<taken).map { $0 % 3 == 0 ? 900 : 10 })
    #expect(queue.counters.frames == UInt64(taken) && queue.counters.overLimit == UInt64(100 - taken))
    #expect(file.statistics == [.init(interface: 0, received: 100, dropped: UInt64(100 - taken))])
    #expect(queue.counters.bytes == UInt64(bytes.count) && queue.isDone)
  }

  @Test func `what finds no room to wait is left out and counted, and the next frame says how many are missing`() throws
  {
    var queue = queue(capacity: 1_500)
    let udp = queue.interface(.udp)
    put(1_000, into: &queue, on: udp)
    for _ in 0..<3 { #expect(put(1_000, into: &queue, on: udp).end == nil) }
    var bytes = drain(&queue)
    put(1_000, into: &queue, on: udp)
    put(10, into: &queue, on: udp)
    bytes += drain(&queue)
    let file = try PcapngFile(bytes)
    #expect(file.packets.map(\.dropped) == [0, 3, 0])
    #expect(queue.counters.overflowed == 3 && queue.counters.frames == 3)
  }

  @Test func `the writer is woken when it rests, and only then`() {
    var queue = queue()
    let udp = queue.interface(.udp)
    #expect(put(1, into: &queue, on: udp).wakesWriter)
    #expect(!put(1, into: &queue, on: udp).wakesWriter)
    var bytes: [UInt8] = []
    let hasMore2 = queue.next(&bytes)
    #expect(hasMore2)
    #expect(!put(1, into: &queue, on: udp).wakesWriter)
    let hasMore3 = queue.next(&bytes)
    #expect(hasMore3)
    let hasMore4 = queue.next(&bytes)
    #expect(!hasMore4)
    #expect(put(1, into: &queue, on: udp).wakesWriter)
  }

  @Test func `a failure keeps what is whole, loses what waits, and every frame is in one count`() throws {
    var queue = queue()
    let udp = queue.interface(.udp)
    for _ in 0..<4 { put(100, into: &queue, on: udp) }
    var bytes: [UInt8] = []
    let hasMore5 = queue.next(&bytes)
    #expect(hasMore5)
    for _ in 0..<3 { put(100, into: &queue, on: udp) }
    // The disk has taken half of the third frame.
    let whole = bytes.count - 2 * CaptureBlock.packetLength(100, from: Self.source, to: Self.destination, dropped: 0)
    queue.failed(bytes, keeping: whole)
    put(100, into: &queue, on: udp)
    let written = bytes
    let (hasNext, wakes) = (queue.next(&bytes), queue.end(at: 1))
    #expect(queue.isDone && !hasNext && !wakes)
    #expect(queue.counters.frames == 2 && queue.counters.failed == 2 + 3 + 1)
    #expect(try PcapngFile(Array(written.prefix(whole))).packets.count == 2)
    #expect(queue.counters.bytes == UInt64(whole))
  }

  @Test func `what comes behind the end is counted, and the file stays as it is`() throws {
    var queue = queue()
    let udp = queue.interface(.udp)
    put(5, into: &queue, on: udp)
    _ = queue.end(at: 3)
    let wakes6 = queue.end(at: 4)
    #expect(!wakes6)
    put(5, into: &queue, on: udp)
    let file = try PcapngFile(drain(&queue))
    #expect(file.packets.count == 1 && file.statistics == [.init(interface: 0, received: 1, dropped: 0)])
    #expect(queue.counters.overLimit == 1)
  }

  @Test func `a program of many paths has a bounded number of interfaces`() throws {
    var queue = queue()
    for number in 0..<100 {
      put(
        1, into: &queue,
        on: queue.interface(CapturePath(name: "path \(number)", details: "", isDatagram: true)))
    }
    let file = try PcapngFile(drain(&queue))
    #expect(file.interfaces.count == CaptureQueue.interfaceLimit && file.packets.count == 100)
  }
}
