import PilotTransport
import PilotWire

/// Many at once, and more than there is room for.
extension TransportConformance.Check {
  /// Every sender fills its frames with its own number, in lengths that only it knows.
  public static let keepsSendersApart = Self("keeps the frames of concurrent senders whole and apart") { trial in
    let side = try await trial.connectReading()
    let senders = min(8, trial.promises.burst)
    let perSender = max(trial.promises.burst / senders, 1)
    for round in 0..<16 {
      let expected = (0..<senders).map { sender in
        (0..<perSender).map { index in
          let length = 1 + (sender * 37 + index * 101 + round * 211) % 1_200
          return [UInt8](repeating: UInt8(sender + 1), count: min(length, trial.promises.maximumFrameLength))
        }
      }
      trial.step = "sending from \(senders) tasks"
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (sender, frames) in expected.enumerated() {
          group.addTask { try await side.send(frames, asBatch: (sender + round) % 2 == 0) }
        }
        try await group.waitForAll()
      }
      try await side.expectAtPeer(expected)
    }
  }

  /// A stalled reader must cost neither memory without bound nor the newest frames.
  public static let boundsSlowReaders = Self("drops and counts the oldest frames when its reader is slow") { trial in
    guard let limits = trial.promises.receiveQueue else {
      throw NotApplicable("it has no queue between the network and its reader")
    }
    let side = try await trial.connectReading()
    let length = min(64, trial.promises.maximumFrameLength)
    let room = min(limits.frames, limits.bytes / max(length, 1))
    let sent = 2 * room + 1
    for index in 0..<sent { try await side.sendFromPeer(Bytes.pattern(length, seed: index)) }
    let before = side.transport.counters
    try await trial.eventually("waiting for \(sent - room) drops, of \(sent) frames to a queue for \(room)") {
      side.transport.counters.drops[.receiveQueueFull] >= UInt64(sent - room)
    }
    guard before.framesReceived == 0 else { throw Violation("frames count as received that nobody read") }
    let newest = Bytes.pattern(length, seed: sent - 1)
    var delivered = 0
    trial.step = "waiting for the newest frame after an overflow"
    repeat { delivered += 1 } while try await side.reader.next().bytes != newest
    let dropped = side.transport.counters.drops[.receiveQueueFull]
    guard delivered <= room else { throw Violation("\(delivered) frames came out of a queue for \(room)") }
    guard delivered + Int(dropped) == sent else {
      throw Violation("of \(sent) frames \(delivered) were delivered and \(dropped) counted as dropped")
    }
  }

  /// Everybody is busy when it happens.
  public static let closesUnderLoad = Self("closes while others send and receive, and all of them end") { trial in
    for _ in 0..<4 {
      let side = try await trial.connectReading()
      let over = Flag()
      let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
      trial.step = "waiting for \(trial.promises.burst) frames under load"
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { try await side.sendUntilClosed(frame) } }
        group.addTask {
          while !over.isRaised {
            try? await side.link.peer.send(frame)
            await Task.yield()
          }
        }
        defer { over.raise() }
        for _ in 0..<trial.promises.burst { _ = try await side.reader.next() }
        group.addTask {
          try await expectFailure(.closed, "a receive under load") {
            while true { _ = try await side.reader.receive() }
          }
        }
        await Task.yield()
        trial.step = "waiting for everybody to end after close"
        side.transport.close()
        over.raise()
        try await group.waitForAll()
      }
    }
  }

  /// A known exchange, then a close with frames unread.
  public static let countsWhatPasses = Self("counts what it sends, receives and drops") { trial in
    let side = try await trial.connectReading()
    let frames = (0..<min(trial.promises.burst, 20)).map {
      Bytes.pattern(min($0 * 13, trial.promises.maximumFrameLength), seed: $0)
    }
    let bytes = UInt64(frames.map(\.count).reduce(0, +))
    let before = side.transport.counters
    for frame in frames {
      try await side.send(frame)
      try await side.expectAtPeer(frame)
      try await side.sendFromPeer(frame)
      try await side.expectFromPeer(frame)
    }
    let after = side.transport.counters
    try expect(after.framesSent - before.framesSent, UInt64(frames.count), "frames sent")
    try expect(after.bytesSent - before.bytesSent, bytes, "bytes sent")
    try expect(after.framesReceived - before.framesReceived, UInt64(frames.count), "frames received")
    try expect(after.bytesReceived - before.bytesReceived, bytes, "bytes received")
    try expect(after.drops.outgoing + after.drops.incoming, 0, "frames dropped")

    let late = min(trial.promises.burst, 4)
    for index in 0..<late {
      try await side.sendFromPeer(Bytes.pattern(min(10, trial.promises.maximumFrameLength), seed: index))
    }
    trial.step = "waiting for a frame before close"
    _ = try await side.reader.next()
    side.transport.close()
    // Some may not have arrived before the end; none may count twice.
    let end = side.transport.counters
    let accounted = end.framesReceived - after.framesReceived + end.drops.incoming
    guard (1...UInt64(late)).contains(accounted) else {
      throw Violation("of \(late) frames sent before close \(accounted) count as received or dropped")
    }
  }

  private static func expect(_ count: UInt64, _ expected: UInt64, _ what: String) throws(Violation) {
    guard count == expected else { throw Violation("\(count) \(what) were counted, not \(expected)") }
  }
}

extension Side {
  fileprivate func send(_ frames: [[UInt8]], asBatch: Bool) async throws {
    guard asBatch else {
      for frame in frames { try await transport.sendWhenPossible(frame, to: link.destination) }
      return
    }
    var batch = FrameBatch()
    for frame in frames {
      guard unsafe batch.append(frame.span.bytes, to: link.destination) else { throw Violation("no room in the batch") }
    }
    while !batch.isEmpty { batch.removeFirst(try await sendWhenPossible(batch)) }
  }

  /// Each sender's frames arrive in its order, or in any where none is promised; the senders' may mingle.
  fileprivate func expectAtPeer(_ bySender: [[[UInt8]]]) async throws {
    var left = bySender
    for index in 0..<bySender.map(\.count).reduce(0, +) {
      trial.step = "waiting for frame \(index + 1) from concurrent senders"
      let frame = try await link.peer.next()
      guard let sender = frame.first.map({ Int($0) - 1 }), left.indices.contains(sender),
        frame.allSatisfy({ $0 == frame[0] })
      else { throw Violation("\(Bytes.describe(frame)) holds bytes of several senders") }
      let position = promises.keepsOrder ? left[sender].startIndex : left[sender].firstIndex(of: frame)
      guard let position, left[sender].indices.contains(position), left[sender][position] == frame else {
        throw Violation(
          "\(Bytes.describe(frame)) from sender \(sender + 1) was not sent like that, or not in this order")
      }
      left[sender].remove(at: position)
    }
  }

  /// Ends when the transport is closed, and only then.
  fileprivate func sendUntilClosed(_ frame: [UInt8]) async throws {
    while true {
      do {
        _ = try unsafe transport.send(frame.span.bytes, to: link.destination)
      } catch {
        if error.code == .closed { return }
        if error.retry == .never { throw error }
      }
      if Task.isCancelled { return }
      await Task.yield()
    }
  }
}
