import PilotTransport
import PilotWire

/// One frame in, one frame out.
extension TransportConformance.Check {
  /// Ping-pong, so that nothing is lost on the way where loss is possible.
  public static let keepsFrames = Self("keeps boundaries, lengths and bytes, both ways") { trial in
    let side = try await trial.connectReading()
    let maximum = trial.promises.maximumFrameLength
    for length in [0, 1, 2, 1_200, maximum - 1, maximum, 0, 1] where (0...maximum).contains(length) {
      let there = Bytes.pattern(length, seed: 1)
      try await side.send(there)
      try await side.expectAtPeer(there)
      let back = Bytes.pattern(length, seed: 2)
      try await side.sendFromPeer(back)
      try await side.expectFromPeer(back)
    }
  }

  /// That nothing of a refused frame is sent is shown by a sentinel that arrives first.
  public static let refusesTooLong = Self("refuses a frame that is too long, names the limit and sends nothing") {
    trial in
    let side = try await trial.connectReading()
    let limit = trial.promises.maximumFrameLength
    guard side.transport.maximumFrameLength == limit else {
      throw Violation("maximumFrameLength is \(side.transport.maximumFrameLength), promised was \(limit)")
    }
    let before = side.transport.counters.framesSent
    for length in [limit + 1, 2 * limit + 1] {
      try await expectFailure(.frameTooLarge(limit: limit), "send of \(length) bytes") {
        _ = try unsafe side.transport.send(Bytes.pattern(length).span.bytes, to: side.link.destination)
      }
    }
    let counted = side.transport.counters.framesSent - before
    guard counted == 0 else { throw Violation("\(counted) refused frames were counted as sent") }
    let sentinel = Bytes.pattern(min(8, limit))
    try await side.send(sentinel)
    try await side.expectAtPeer(sentinel)
  }

  /// A frame that goes elsewhere than it was to is worse than one that is refused. That nothing of it is sent is shown by
  /// a sentinel that arrives first.
  public static let refusesOtherDestinations = Self("refuses a destination that it doesn't reach, and sends nothing") {
    trial in
    let side = try await trial.connectReading()
    let frame = Bytes.pattern(min(8, trial.promises.maximumFrameLength), seed: 1)
    let other = trial.promises.invalidDestination
    let before = side.transport.counters.framesSent
    try await expectFailure(.invalidDestination, "send to \(other)") { try side.transport.send(frame, to: other) }
    var batch = FrameBatch()
    _ = batch.append(frame, to: other)
    try await expectFailure(.invalidDestination, "send of a batch to \(other)") {
      _ = try side.transport.send(contentsOf: batch)
    }
    let counted = side.transport.counters.framesSent - before
    guard counted == 0 else { throw Violation("\(counted) frames to \(other) were counted as sent") }
    let first = Bytes.pattern(min(8, trial.promises.maximumFrameLength), seed: 2)
    batch.removeAll()
    for (frame, destination) in [(first, side.link.destination), (frame, other), (frame, side.link.destination)] {
      _ = batch.append(frame, to: destination)
    }
    trial.step = "sending a batch with \(other) in the middle"
    let taken = try side.transport.send(contentsOf: batch)
    guard taken == 1 else { throw Violation("\(taken) frames were taken of a batch whose second is to \(other)") }
    try await side.expectAtPeer(first)
    let sentinel = Bytes.pattern(min(8, trial.promises.maximumFrameLength), seed: 3)
    try await side.send(sentinel)
    try await side.expectAtPeer(sentinel)
  }

  /// The source is what a reply is sent to.
  public static let namesSources = Self("names the source of every frame, in single and batch receives") { trial in
    let side = try await trial.connectReading()
    for length in [0, 1, 100] where length <= trial.promises.maximumFrameLength {
      try await side.sendFromPeer(Bytes.pattern(length))
      trial.step = "waiting for \(length) bytes from the peer"
      let single = try await side.reader.next()
      try await side.sendFromPeer(Bytes.pattern(length))
      let batch = try await side.reader.receive()
      for frame in [single] + batch where frame.source != side.link.source {
        throw Violation("a frame from \(side.link.source) came with the source \(frame.source)")
      }
    }
  }

  /// The compiler keeps the frame from outliving its turn; the transport keeps its memory until then.
  public static let lendsStableMemory = Self("leaves a lent frame unchanged while others arrive") { trial in
    let side = try await trial.connectReading()
    let length = min(1_200, trial.promises.maximumFrameLength)
    let frames = (0..<trial.promises.burst).map { Bytes.pattern(length, seed: $0) }
    let first = Bytes.pattern(length, seed: -1)
    try await side.sendFromPeer(first)
    trial.step = "waiting for the first frame"
    try await side.reader.lend { frame in
      try Bytes.expect(frame.copiedBytes, toBe: first, "when it was lent")
      for other in frames { try await side.link.peer.send(other) }
      try Bytes.expect(frame.copiedBytes, toBe: first, "after \(frames.count) more had been sent")
    }
    try await side.expect(frames, "from the peer") { try await side.reader.next().bytes }
  }
}
