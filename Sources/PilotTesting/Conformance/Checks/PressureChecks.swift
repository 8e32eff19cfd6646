import PilotTransport
import PilotWire

/// A peer that reads nothing, and frames that are on their way when it ends.
extension TransportConformance.Check {
  /// What doesn't fit is refused as such or dropped; nobody waits; and it is over when the peer reads again.
  public static let survivesAFullQueue = Self("refuses or drops what its peer does not read, and not for good") {
    trial in
    let side = try await trial.connectReading()
    let frame = Bytes.pattern(min(1_200, trial.promises.maximumFrameLength))
    var refusals = 0
    trial.step = "sending to a peer that does not read"
    for _ in 0..<16 * trial.promises.burst where refusals < 8 {
      if try side.sendOrRefuse(frame) { continue }
      refusals += 1
      await Task.yield()
    }
    // Again and again, since what arrives at a full queue may be lost.
    let sentinel = Bytes.pattern(min(8, trial.promises.maximumFrameLength), seed: 1)
    let over = Flag()
    trial.step = "waiting for a frame at a peer that reads again"
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while !over.isRaised, !Task.isCancelled {
          _ = try side.sendOrRefuse(sentinel)
          for _ in 0..<20 { await Task.yield() }
        }
      }
      while try await side.link.peer.next() != sentinel {}
      over.raise()
      try await group.waitForAll()
    }
  }

  /// Closed at different moments after a burst, of which some may still be queued.
  public static let accountsForAll = Self("counts every frame that it took as sent or as dropped, also at close") {
    trial in
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    for yields in moments {
      let side = try await trial.connectReading()
      trial.step = "sending \(4 * trial.promises.burst) frames"
      var taken: UInt64 = 0
      for _ in 0..<4 * trial.promises.burst {
        if try side.sendOrRefuse(frame) { taken += 1 } else { await Task.yield() }
      }
      for _ in 0..<yields { await Task.yield() }
      side.transport.close()
      try await trial.eventually("waiting for \(taken) frames to be counted as sent or dropped") {
        side.accounted >= taken
      }
      let counters = side.transport.counters
      guard side.accounted == taken else {
        throw Violation(
          "of \(taken) frames \(counters.framesSent) count as sent and \(counters.drops.outgoing) as dropped")
      }
      guard counters.bytesSent == counters.framesSent * UInt64(frame.count) else {
        throw Violation("\(counters.framesSent) frames of \(frame.count) bytes count as \(counters.bytesSent) bytes")
      }
    }
  }
}

extension Side {
  fileprivate var accounted: UInt64 {
    let counters = transport.counters
    return counters.framesSent + counters.drops.outgoing
  }

  /// Whether the frame was taken; if not, then because a queue is full.
  fileprivate func sendOrRefuse(_ frame: [UInt8]) throws -> Bool {
    do {
      _ = try unsafe transport.send(frame.span.bytes, to: link.destination)
      return true
    } catch {
      guard error.code == .backpressure else {
        throw Violation("a send that finds no room has to throw .backpressure, and threw \(error)")
      }
      return false
    }
  }
}
