/// A frame's place in a list of runs.
struct RunCursor: Sendable, Equatable {
  var run = 0
  /// Of the frame's first byte in its run.
  var offset = 0
}
