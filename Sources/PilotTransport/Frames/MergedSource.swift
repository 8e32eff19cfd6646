import PilotWire
import Synchronization

/// Two sources as one, in the memory of both: nothing is copied, and a run stays a run.
///
/// They take turns: after one has lent what was there, the other is asked first. It ends when both have. An error of one
/// that isn't its end is thrown once, and the next call goes on with the other.
///
/// Unchecked Sendable because one task at a time calls it, by the contract of FrameSource.
final class MergedSource: FrameSource, @unchecked Sendable {
  let life: TransportLife
  private let sources: [any FrameSource]
  /// What each receiver had been lent and not passed on when it came here.
  private var rests: [LentRest?]
  private var turn = 0
  private var busy = 0
  private let signal = ReadySignal()
  private let isInterrupted = Atomic<Bool>(false)
  private let wake: @Sendable () -> Void

  /// After so many takes without waiting, other tasks of the same thread get their turn.
  private static let busyLimit = 64

  init(_ first: any FrameSource, _ second: any FrameSource, rests: [LentRest?]) {
    sources = [first, second]
    self.rests = rests
    life = TransportLife(endingAfter: first.life, second.life)
    wake = { [signal] in signal.raise() }
  }

  func nextFrames() async throws(TransportError) -> LentFrames {
    while true {
      if let lent = try unsafe takeFrames() {
        busy += 1
        if busy >= Self.busyLimit {
          busy = 0
          await Task.yield()
        }
        return unsafe lent
      }
      busy = 0
      for source in sources where !source.life.isClosed { source.onReadable(wake) }
      // One that has ended before it was asked to tell wakes nobody, and has to be seen here.
      if life.isClosed { throw .closed }
      guard await signal.wait() else { throw .cancelled }
      if isInterrupted.exchange(false, ordering: .acquiringAndReleasing) { return unsafe .none }
    }
  }

  func interrupt() {
    isInterrupted.store(true, ordering: .releasing)
    signal.raise()
  }

  func takeFrames() throws(TransportError) -> LentFrames? {
    if life.isClosed { throw .closed }
    for _ in sources.indices {
      let current = turn
      turn = 1 - turn
      if let lent = unsafe try take(from: current) { return unsafe lent }
    }
    return nil
  }

  /// - Returns: Nil also when this one has ended and the other hasn't.
  private func take(from index: Int) throws(TransportError) -> LentFrames? {
    let source = sources[index]
    if source.life.isClosed { return nil }
    if let rest = rests[index], !rest.isLent {
      rest.isLent = true
      return unsafe rest.frames
    }
    do {
      return try unsafe source.takeFrames()
    } catch {
      guard error.code == .closed, !life.isClosed else { throw error }
      return nil
    }
  }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {
    for source in sources where !source.life.isClosed { source.onReadable(wake) }
    if life.isClosed { wake() }
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
