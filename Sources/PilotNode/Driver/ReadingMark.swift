import Synchronization

/// Whether somebody reads a node: marked by the reader, and looked at by who keeps the time.
struct ReadingMark: ~Copyable, Sendable {
  private let turns = Atomic<UInt64>(0)
  private let isWaiting = Atomic<Bool>(false)
  private let seen = Atomic<UInt64>(0)
  private let wasRead = Atomic<Bool>(true)

  /// The reader begins to wait for frames.
  ///
  /// - Returns: Whether the last look found nobody.
  @inline(__always)
  func begin() -> Bool {
    turns.count()
    isWaiting.store(true, ordering: .relaxed)
    return !wasRead.load(ordering: .relaxed)
  }

  /// It has some, or nothing to wait for any more.
  @inline(__always)
  func end() { isWaiting.store(false, ordering: .relaxed) }

  /// Whether somebody waits, or has begun to since the last look. One task looks.
  func look() -> Bool {
    let turns = turns.load(ordering: .relaxed)
    let isRead = seen.exchange(turns, ordering: .relaxed) != turns || isWaiting.load(ordering: .relaxed)
    wasRead.store(isRead, ordering: .relaxed)
    return isRead
  }
}
