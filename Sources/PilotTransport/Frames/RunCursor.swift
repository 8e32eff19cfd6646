public import PilotWire

/// A frame's place in a list of runs.
@frozen
@usableFromInline
package struct RunCursor: Sendable, Equatable {
  @usableFromInline package var run: Int
  /// Of the frame's first byte in its run.
  @usableFromInline package var offset: Int

  /// The first frame of a run.
  @inlinable
  package init(run: Int = 0) {
    self.run = run
    offset = 0
  }
}

extension LentFrames {
  /// Calls a closure with the frames from the cursor on, in order, and moves the cursor behind them.
  ///
  /// - Parameters:
  ///   - cursor: Where to begin: at the first frame, or where an earlier call with these frames has ended.
  ///   - limit: How many frames at most.
  @inlinable
  package func forEachFrame(from cursor: inout RunCursor, limit: Int, _ body: (RawSpan, Endpoint) -> Void) {
    unsafe forEachFrame(from: &cursor, limit: limit) { frame, endpoint, _ in body(frame, endpoint) }
  }

  /// As the form beside it, with the address of this machine that each frame was written to, or is to leave from.
  @inlinable
  package func forEachFrame(
    from cursor: inout RunCursor, limit: Int, _ body: (RawSpan, Endpoint, LocalAddress) -> Void
  ) {
    var left = limit
    while left > 0, unsafe cursor.run < runs.count {
      // SAFETY: the cursor is within the runs, whose memory their owner keeps for as long as these frames are lent.
      let run = unsafe runs[cursor.run]
      let length = unsafe min(run.frameLength, run.byteCount - cursor.offset)
      let frame = unsafe RawSpan(_unsafeStart: run.start + cursor.offset, byteCount: length)
      unsafe body(frame, run.endpoint, run.local)
      left -= 1
      cursor.offset += length
      if unsafe cursor.offset >= run.byteCount { cursor = RunCursor(run: cursor.run + 1) }
    }
  }
}
