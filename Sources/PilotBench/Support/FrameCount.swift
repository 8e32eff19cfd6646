internal import Synchronization

/// How many frames one task has had, for others to look at. One writer, any number of readers.
final class FrameCount: Sendable {
  private let frames = Atomic<Int>(0)
  private let last = Atomic<Int>(0)
  private let witness = Atomic<UInt8>(0)

  /// How many so far.
  var value: Int { frames.load(ordering: .acquiring) }

  /// The length of the last one, in bytes.
  var lastLength: Int { last.load(ordering: .relaxed) }

  /// The writer has had this many more, the last of this length.
  ///
  /// - Parameter touched: Something made of the frames' bytes, so that reading them isn't left out.
  func add(_ more: Int, lastLength: Int, touched: UInt8 = 0) {
    last.store(lastLength, ordering: .relaxed)
    witness.store(touched, ordering: .relaxed)
    frames.store(frames.load(ordering: .relaxed) + more, ordering: .releasing)
  }
}
