import PilotWire
import Synchronization

/// Two sources as one, in the memory of both: nothing is copied, and a run stays a run.
///
/// It waits as the first one does, whom the second interrupts when it has something: so it costs next to nothing more while the
/// second has nothing. While both have, they take turns. It ends when both have. An error of one that isn't its end is thrown once,
/// and the next call goes on.
///
/// Unchecked Sendable because one task at a time calls it, by the contract of FrameSource.
final class MergedSource: FrameSource, @unchecked Sendable {
  let life: TransportLife
  private let first: any FrameSource
  private let second: any FrameSource
  /// Theirs, at hand for every batch.
  private let firstLife: TransportLife
  private let secondLife: TransportLife
  /// What each receiver had been lent and not passed on when it came here.
  private var rests: [(source: any FrameSource, rest: LentRest)]
  /// Whether the second may have something. If not, it says so when it has.
  private let isSecondReadable = Flag()
  private var isSecondsTurn = false

  private final class Flag: Sendable {
    let value = Atomic<Bool>(true)
  }

  init(_ first: any FrameSource, _ second: any FrameSource, rests: [LentRest?]) {
    self.first = first
    self.second = second
    (firstLife, secondLife) = (first.life, second.life)
    self.rests = zip([first, second], rests).compactMap { source, rest in rest.map { (source, $0) } }
    life = TransportLife(endingAfter: firstLife, secondLife)
  }

  func nextFrames() async throws(TransportError) -> LentFrames {
    if let told = try unsafe takeTold() { return unsafe told }
    do {
      return unsafe try await waiting.nextFrames()
    } catch {
      return unsafe try goOn(after: error)
    }
  }

  // MARK: The steps of nextFrames(), for who takes them without that call in between

  /// What doesn't have to be waited for: rests, and what the second has, as soon as it has said so.
  ///
  /// - Throws: `.closed` once both have ended; an error of either.
  func takeTold() throws(TransportError) -> LentFrames? {
    if life.isClosed { throw .closed }
    if !rests.isEmpty, let lent = unsafe takeRest() { return unsafe lent }
    guard isSecondReadable.value.load(ordering: .acquiring) else { return nil }
    return try unsafe takeInTurn()
  }

  /// Whom to wait for when there was nothing to take: the first one, whom the second interrupts.
  var waiting: any FrameSource { firstLife.isClosed ? second : first }

  /// - Returns: No frames after the end of one; the next call goes on with the other.
  func goOn(after error: TransportError) throws(TransportError) -> LentFrames {
    guard error.code == .closed, !life.isClosed else { throw error }
    return unsafe .none
  }

  // MARK: The other requirements

  func interrupt() {
    waiting.interrupt()
  }

  func takeFrames() throws(TransportError) -> LentFrames? {
    if let told = try unsafe takeTold() { return unsafe told }
    return try unsafe take(from: first)
  }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {
    if !secondLife.isClosed {
      second.onReadable { [isSecondReadable] in
        isSecondReadable.value.store(true, ordering: .releasing)
        wake()
      }
    }
    if !firstLife.isClosed { first.onReadable(wake) }
    if life.isClosed { wake() }
  }

  /// What the second has, or the first whose turn it is.
  private func takeInTurn() throws(TransportError) -> LentFrames? {
    if !isSecondsTurn {
      isSecondsTurn = true
      if let lent = try unsafe take(from: first) { return unsafe lent }
    }
    isSecondsTurn = false
    if let lent = try unsafe take(from: second) { return unsafe lent }
    watchSecond()
    return nil
  }

  /// The runs stay until the last one's successor is asked for: they are lent.
  private func takeRest() -> LentFrames? {
    for (source, rest) in rests where !rest.isLent && !source.life.isClosed {
      rest.isLent = true
      return unsafe rest.frames
    }
    rests = []
    return nil
  }

  private func watchSecond() {
    isSecondReadable.value.store(false, ordering: .releasing)
    if secondLife.isClosed { return }
    // Nobody keeps the first one for this.
    second.onReadable { [isSecondReadable, weak first] in
      isSecondReadable.value.store(true, ordering: .releasing)
      first?.interrupt()
    }
  }

  /// - Returns: Nil also when this one has ended and the other hasn't.
  private func take(from source: any FrameSource) throws(TransportError) -> LentFrames? {
    if source.life.isClosed { return nil }
    do {
      return try unsafe source.takeFrames()
    } catch {
      guard error.code == .closed, !life.isClosed else { throw error }
      return nil
    }
  }
}

/// The frames of a batch that a receiver had not passed on yet, as runs of their own.
@safe
final class LentRest {
  private let runs: UnsafeMutableBufferPointer<FrameRun>
  var isLent = false

  /// - Parameter runs: In the memory of the source that has lent them, which isn't asked for more until they are done with.
  init(_ runs: [FrameRun]) {
    unsafe self.runs = .allocate(capacity: runs.count)
    _ = unsafe self.runs.initialize(from: runs)
  }

  deinit { unsafe runs.deallocate() }

  var frames: LentFrames {
    var count = 0
    for index in unsafe runs.indices { count += unsafe runs[index].frameCount }
    return unsafe LentFrames(runs: UnsafeBufferPointer(runs), frames: count)
  }
}
