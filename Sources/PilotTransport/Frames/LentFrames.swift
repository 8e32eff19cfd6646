/// Frames in somebody else's memory, lent to the ``Receiver`` until it asks for the next ones.
@unsafe @frozen
public struct LentFrames {
  /// The frames, in the order of arrival.
  public let runs: UnsafeBufferPointer<FrameRun>
  /// How many frames the runs hold together.
  public let frames: Int

  /// Lends frames.
  ///
  /// - Parameters:
  ///   - runs: Memory that stays as it is until the source is asked for more, or the end of the source.
  ///   - frames: How many frames the runs hold together.
  @inlinable
  public init(runs: UnsafeBufferPointer<FrameRun>, frames: Int) {
    unsafe self.runs = unsafe runs
    unsafe self.frames = frames
  }

  /// No frames.
  @inlinable
  public static var none: LentFrames { unsafe LentFrames(runs: UnsafeBufferPointer(start: nil, count: 0), frames: 0) }
}
