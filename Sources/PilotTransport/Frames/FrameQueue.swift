public import PilotWire
import Synchronization

/// A bounded queue of received frames between whoever hears the network and the one reader.
///
/// Pushing never waits: when the reader is slow and the queue full, the oldest frames go, counted. The frames are copied
/// in, and lent to the reader without another copy. Memory follows the load: an idle queue keeps one chunk.
public final class FrameQueue: FrameSource {
  /// How much a queue holds. It takes the newest frame in any case, alone if need be.
  public struct Limits: Sendable, Equatable {
    /// Unread bytes at most. Default 4 MiB.
    public var bytes: Int
    /// Unread frames at most. Default 16,384.
    public var frames: Int

    /// Sets both.
    public init(bytes: Int = 4 << 20, frames: Int = 16_384) {
      self.bytes = bytes
      self.frames = frames
    }
  }

  /// What went through a queue.
  public struct Counts: Sendable, Equatable {
    /// Frames handed to the receiver, which lends them one by one. At the end it can have some that nobody asked for.
    public var delivered: UInt64 = 0
    /// Their bytes.
    public var deliveredBytes: UInt64 = 0
    /// Frames that made room for newer ones.
    public var droppedOldest: UInt64 = 0
    /// Messages that were no frames; see ``FrameQueue/countMalformed()``.
    public var malformed: UInt64 = 0
    /// Frames that were unread at the end.
    public var unread: UInt64 = 0
  }

  /// Shared with the transport that the queue belongs to.
  public let life: TransportLife
  private let limits: Limits
  private let state: Mutex<State>

  /// Makes an empty queue.
  public init(limits: Limits = Limits(), life: TransportLife = TransportLife()) {
    self.life = life
    self.limits = limits
    state = Mutex(State())
  }

  /// What went through so far.
  public var counts: Counts { state.withLock { $0.counts } }

  /// Copies a frame into the queue, and wakes the reader if it waits.
  ///
  /// From any thread. After ``finish()`` the frame counts as unread.
  public func push(_ frame: RawSpan, from source: Endpoint) {
    // Most frames find nobody waiting: whoever does is looked up in a second turn.
    let isAwaited = state.withLock { state in
      state.push(frame, from: source, limits: limits)
      return state.isAwaited
    }
    guard isAwaited else { return }
    state.withLock { $0.takeWaiter() }?.wake(.frames)
  }

  /// Counts a message that arrived and is no frame, for transports that hear such. From any thread.
  public func countMalformed() {
    state.withLock { $0.countMalformed() }
  }

  /// Counts a frame that came when the reader was on its way out, as unread.
  package func countUnread() {
    state.withLock { $0.countUnread() }
  }

  /// Ends the queue: a waiting reader gets `.closed`, unread frames are counted and gone.
  ///
  /// The owner ends ``life`` before it calls this.
  public func finish() {
    let waiter = state.withLock { state in
      state.finish()
      return state.takeWaiter()
    }
    waiter?.wake(.closed)
  }

  /// Lends the oldest chunk of frames, as soon as there is one.
  public func nextFrames() async throws(TransportError) -> LentFrames {
    while true {
      if life.isClosed { throw .closed }
      if let lent = unsafe state.withLock({ unsafe $0.lend() }) { return unsafe lent }
      switch await wait() {
      case .frames: continue
      case .interrupted: return unsafe .none
      case .closed: throw .closed
      case .cancelled: throw .cancelled
      }
    }
  }

  /// Has the reader look at something else. See ``FrameSource/interrupt()``.
  public func interrupt() {
    let waiter = state.withLock { $0.interrupt() }
    waiter?.wake(.interrupted)
  }

  /// Lends the oldest chunk of frames, if there is one.
  public func takeFrames() throws(TransportError) -> LentFrames? {
    if life.isClosed { throw .closed }
    return unsafe state.withLock { unsafe $0.lend() }
  }

  /// Tells once when a frame has come, or the queue has ended.
  public func onReadable(_ wake: @escaping @Sendable () -> Void) {
    if state.withLock({ $0.watch(wake) }) { wake() }
  }

  private func wait() async -> Wake {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let immediately = state.withLock { $0.park(continuation, cancelled: Task.isCancelled) }
        if let immediately { continuation.resume(returning: immediately) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.takeWaiter() }
      waiter?.wake(.cancelled)
    }
  }
}

extension FrameQueue {
  private enum Wake: Sendable { case frames, interrupted, closed, cancelled }

  /// Who is told of the next frame, once.
  private enum Waiter: Sendable {
    case task(CheckedContinuation<Wake, Never>)
    case watcher(@Sendable () -> Void)

    func wake(_ reason: Wake) {
      switch self {
      case .task(let continuation): continuation.resume(returning: reason)
      case .watcher(let wake): wake()
      }
    }
  }

  /// What the lock guards. Chunks move from `spare` to `filled`, to `lent`, and back to `spare`.
  private struct State {
    private var filled: [FrameChunk] = []
    private var lentChunk: FrameChunk?
    private var spare: FrameChunk?
    private var frames = 0
    private var bytes = 0
    private var finished = false
    private var isInterrupted = false
    private var waiter: Waiter?
    /// Whether there is a waiter.
    private(set) var isAwaited = false
    private(set) var counts = Counts()

    /// A chunk holds any frame and many small ones.
    private static let chunkBytes = 65_536
    private static let chunkFrames = 1_024

    mutating func push(_ frame: RawSpan, from source: Endpoint, limits: Limits) {
      if finished {
        counts.unread += 1
        return
      }
      while frames > 0, frames >= limits.frames || bytes + frame.byteCount > limits.bytes { dropOldest() }
      if let last = filled.last, last.append(frame, RawSpan(), endpoint: source) {
        added(frame)
        return
      }
      let chunk = emptyChunk(for: frame.byteCount)
      // An empty chunk of that capacity has room.
      _ = chunk.append(frame, RawSpan(), endpoint: source)
      filled.append(chunk)
      added(frame)
    }

    private mutating func emptyChunk(for length: Int) -> FrameChunk {
      if let chunk = spare.take(), chunk.capacity >= length { return chunk }
      return FrameChunk(capacity: max(Self.chunkBytes, length), frameCapacity: Self.chunkFrames)
    }

    private mutating func added(_ frame: RawSpan) {
      frames += 1
      bytes += frame.byteCount
    }

    private mutating func dropOldest() {
      guard let first = filled.first else { return }
      bytes -= first.removeFirst()
      frames -= 1
      counts.droppedOldest += 1
      if first.isEmpty { spare = filled.removeFirst() }
    }

    mutating func lend() -> LentFrames? {
      if let chunk = lentChunk.take() {
        chunk.removeAll()
        spare = chunk
      }
      guard !filled.isEmpty else { return nil }
      let chunk = filled.removeFirst()
      lentChunk = chunk
      frames -= chunk.frameCount
      bytes -= chunk.byteCount
      counts.delivered += UInt64(chunk.frameCount)
      counts.deliveredBytes += UInt64(chunk.byteCount)
      return unsafe chunk.content
    }

    mutating func park(_ continuation: CheckedContinuation<Wake, Never>, cancelled: Bool) -> Wake? {
      if finished { return .closed }
      if frames > 0 { return .frames }
      if isInterrupted {
        isInterrupted = false
        return .interrupted
      }
      if cancelled { return .cancelled }
      waiter = .task(continuation)
      isAwaited = true
      return nil
    }

    /// Whether it is to be called at once.
    mutating func watch(_ wake: @escaping @Sendable () -> Void) -> Bool {
      if finished || frames > 0 { return true }
      waiter = .watcher(wake)
      isAwaited = true
      return false
    }

    mutating func countMalformed() {
      counts.malformed += 1
    }

    mutating func countUnread() {
      counts.unread += 1
    }

    mutating func takeWaiter() -> Waiter? {
      isAwaited = false
      return waiter.take()
    }

    mutating func interrupt() -> Waiter? {
      let waiter = takeWaiter()
      isInterrupted = waiter == nil
      return waiter
    }

    mutating func finish() {
      finished = true
      counts.unread += UInt64(frames)
      frames = 0
      bytes = 0
      filled = []
      spare = nil
    }
  }
}
