import PilotTransport
import PilotWire

/// Batches do what single calls do.
extension TransportConformance.Check {
  /// Runs of one length, shorter ones at their end, empty ones between: all that a segmenting sender could get wrong.
  private static func lengths(_ promises: TransportPromises) -> [Int] {
    let shape = [1_200, 1_200, 1_200, 7, 0, 0, 1_200, 1_199, 1_200, 1, 1, 2, 1, 0]
    return (0..<promises.burst).map { min(shape[$0 % shape.count], promises.maximumFrameLength) }
  }

  private static func frames(_ promises: TransportPromises) -> [[UInt8]] {
    lengths(promises).enumerated().map { Bytes.pattern($1, seed: $0) }
  }

  /// Half of the frames also go one by one, to show that both forms send the same.
  public static let sendsBatches = Self("sends a batch as if one by one: all of it, in order, and leaves it as it is") {
    trial in
    let side = try await trial.connectReading()
    let frames = frames(trial.promises)
    var batch = FrameBatch()
    guard try side.transport.send(contentsOf: batch) == 0 else { throw Violation("an empty batch sent something") }
    for frame in frames {
      guard unsafe batch.append(frame.span.bytes, to: side.link.destination) else {
        throw Violation(
          "a batch has no room for \(trial.promises.burst) frames of 1,200 bytes: promise a smaller burst")
      }
    }
    trial.step = "sending a batch of \(frames.count) frames"
    var left = frames.count
    while left > 0 {
      let taken = try await side.sendWhenPossible(batch)
      guard (1...left).contains(taken) else { throw Violation("\(taken) of \(left) frames were taken from a batch") }
      guard batch.count == left else {
        throw Violation("a batch of \(left) frames had \(batch.count) after it was sent")
      }
      batch.removeFirst(taken)
      left -= taken
    }
    try await side.expect(frames, "at the peer") { try await side.link.peer.next() }
    for frame in frames.prefix(frames.count / 2) {
      try await side.send(frame)
      try await side.expectAtPeer(frame)
    }
  }

  /// Both forms go through the same queue, or seem to.
  public static let keepsOrderOfBothForms = Self("keeps the order of frames that are sent one by one and in batches") {
    trial in
    guard trial.promises.keepsOrder else { throw NotApplicable("it promises no order") }
    let side = try await trial.connectReading()
    let frames = frames(trial.promises)
    var sent = 0
    while sent < frames.count {
      trial.step = "sending frame \(sent + 1) of \(frames.count)"
      try await side.send(frames[sent])
      sent += 1
      var batch = FrameBatch()
      for frame in frames[sent...].prefix(sent % 4) {
        guard unsafe batch.append(frame.span.bytes, to: side.link.destination) else {
          throw Violation("no room in the batch")
        }
      }
      sent += batch.count
      while !batch.isEmpty { batch.removeFirst(try await side.sendWhenPossible(batch)) }
    }
    try await side.expect(frames, "at the peer") { try await side.link.peer.next() }
  }

  /// What follows the frame that would have thrown isn't sent.
  public static let takesTheFrontOfABatch = Self("takes a batch up to the first frame that it refuses") { trial in
    let side = try await trial.connectReading()
    let limit = trial.promises.maximumFrameLength
    let good = Bytes.pattern(min(100, limit))
    var batch = FrameBatch(byteCapacity: limit + 1 + 2 * good.count)
    for frame in [good, Bytes.pattern(limit + 1), good] {
      guard unsafe batch.append(frame.span.bytes, to: side.link.destination) else {
        throw Violation("no room in the batch")
      }
    }
    let taken = try await side.sendWhenPossible(batch)
    guard taken == 1 else { throw Violation("\(taken) frames were taken from a batch whose second one is too long") }
    batch.removeFirst(1)
    try await expectFailure(.frameTooLarge(limit: limit), "send of a batch whose first frame is too long") {
      _ = try await side.sendWhenPossible(batch)
    }
    try await side.expectAtPeer(good)
    let sentinel = Bytes.pattern(min(8, limit), seed: 1)
    try await side.send(sentinel)
    try await side.expectAtPeer(sentinel)
  }

  /// Alternates with single receives, which take from the same batches.
  public static let receivesBatches = Self("receives batches: every frame once, in order, as many as it says") {
    trial in
    let side = try await trial.connectReading()
    let frames = frames(trial.promises)
    for frame in frames { try await side.sendFromPeer(frame) }
    var arrived: [[UInt8]] = []
    while arrived.count < frames.count {
      trial.step = "waiting for frame \(arrived.count + 1) of \(frames.count)"
      var lent = 0
      let count = try await side.reader.receive { frame in
        arrived.append(frame.bytes)
        lent += 1
      }
      guard count == lent, count > 0 else { throw Violation("receive returned \(count) and lent \(lent) frames") }
      if arrived.count < frames.count { arrived.append(try await side.reader.next().bytes) }
    }
    guard arrived.count == frames.count else {
      throw Violation("\(frames.count) frames were sent and \(arrived.count) received")
    }
    var rest = arrived[...]
    try await side.expect(frames, "from the peer") { rest.removeFirst() }
  }

  /// A body that throws ends the call, not the receiver.
  public static let endsABatchWithItsBody = Self("keeps the frames that a receive's body has not seen when it throws") {
    trial in
    let side = try await trial.connectReading()
    let frames = frames(trial.promises)
    for frame in frames { try await side.sendFromPeer(frame) }
    var arrived: [[UInt8]] = []
    let stop = TransportError(code: .system, message: "the body had enough")
    while arrived.count < frames.count {
      trial.step = "waiting for frame \(arrived.count + 1) of \(frames.count)"
      try await expectFailure(.system, "a receive whose body throws") {
        try await side.reader.receive { frame throws(TransportError) in
          arrived.append(frame.bytes)
          throw stop
        }
      }
    }
    var rest = arrived[...]
    try await side.expect(frames, "from the peer") { rest.removeFirst() }
  }
}

extension Side {
  /// Sends a batch, again and again while the queue is full.
  func sendWhenPossible(_ batch: borrowing FrameBatch) async throws(TransportError) -> Int {
    while true {
      do {
        return try transport.send(contentsOf: batch)
      } catch {
        guard error.retry == .soon, !Task.isCancelled else { throw error }
      }
      await Task.yield()
    }
  }
}
