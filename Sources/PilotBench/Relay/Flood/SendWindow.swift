import PilotTransport

/// How many frames may be under way at once, and what to do about those that never arrive.
///
/// Frames are under way from when they are sent until they are delivered. When the window is full and nothing has arrived
/// for a while, those under way are written off as lost, and the window opens again; should they come after all, they
/// count as delivered.
struct SendWindow: Sendable {
  /// Frames under way at most.
  let size: Int
  /// How long nothing may arrive before those under way are lost.
  let patience: Duration
  /// Frames sent so far.
  private(set) var sent = 0
  private var writtenOff = 0
  private var delivered = 0
  private var progressAt: MonotonicInstant

  /// An empty window.
  init(size: Int, patience: Duration = .milliseconds(100), at now: MonotonicInstant) {
    self.size = size
    self.patience = patience
    progressAt = now
  }

  /// Frames under way: sent, not delivered, and not written off.
  var underWay: Int { max(0, sent - delivered - writtenOff) }

  /// How many frames may be sent now.
  ///
  /// - Parameter delivered: How many of those sent have arrived in all.
  mutating func room(delivered: Int, at now: MonotonicInstant) -> Int {
    if delivered > self.delivered {
      self.delivered = delivered
      progressAt = now
      // Late ones were written off in vain.
      writtenOff = min(writtenOff, sent - delivered)
    } else if underWay == 0 {
      // Nothing can arrive, so its absence says nothing.
      progressAt = now
    } else if underWay >= size, progressAt.duration(to: now) >= patience {
      writtenOff += underWay
      progressAt = now
    }
    return size - underWay
  }

  /// Frames were sent.
  mutating func send(_ frames: Int) {
    sent += frames
  }

  /// How many must have arrived before there is room for so many frames.
  func target(for frames: Int) -> Int {
    sent - writtenOff - size + min(frames, size)
  }
}
