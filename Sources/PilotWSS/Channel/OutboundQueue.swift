package import NIOCore
package import PilotTransport
import PilotWire
import Synchronization

/// Frames on their way to one WebSocket connection: encoded once, by whoever sends them, and written by the event loop.
///
/// Bounded by bytes and by age: a datagram that has waited past its deadline is dropped and counted, since late is worse
/// than lost. Sending costs one short lock and one copy, masking included, and never waits.
package final class OutboundQueue: Sendable {
  /// How much waits, and how long.
  package struct Limits: Sendable, Equatable {
    /// Encoded bytes at most.
    package var bytes: Int
    /// How old a frame may get.
    package var age: Duration
    /// The longest frame's bytes.
    package var frame = FrameLimits.maximumOverWSS
    /// The frames' bytes for a peer that hasn't shown that it takes all that fit, ``takeAllLengths()``. Each connection
    /// begins with it. Default: all.
    package var first = 0...FrameLimits.maximumOverWSS

    package init(bytes: Int, age: Duration) {
      self.bytes = bytes
      self.age = age
    }
  }

  /// What happens to a frame that finds the queue full.
  package enum Overflow: Sendable {
    /// It is refused, and its sender told.
    case refuseNewest
    /// The oldest ones of whoever has most waiting make room. In a queue whose first frame has waited for half its age
    /// they do so before it is full.
    case dropOldest
  }

  /// Whether a frame was taken.
  package enum Admission: Sendable, Equatable {
    case queued, full, disconnected
    /// It is empty, which this peer isn't known to survive.
    case tooShort
    /// It has so many bytes, which is more than a message may have.
    case tooLong(Int)
  }

  /// What became of the frames.
  package struct Counts: Sendable, Equatable {
    package var sent: UInt64 = 0
    package var sentBytes: UInt64 = 0
    package var expired: UInt64 = 0
    package var overflowed: UInt64 = 0
    /// Longer than a message may be, in a queue that drops what it can't take.
    package var tooLong: UInt64 = 0
    /// Longer than its peer is known to take, likewise.
    package var tooLongForPeer: UInt64 = 0
    /// Dropped because all queues together were full.
    package var overTotal: UInt64 = 0
    /// Taken, and not handed to the kernel when the connection ended.
    package var lost: UInt64 = 0
    /// Taken, and not handed to the kernel at ``close()``.
    package var unsent: UInt64 = 0

    package init() {}
  }

  /// Whole encoded messages, ready to be written in one piece.
  package struct Chunk: Sendable {
    package let buffer: ByteBuffer
    package let tally: Tally
  }

  /// Frames and the bytes of their payloads.
  package struct Tally: Sendable, Equatable {
    package var frames = 0
    package var payloadBytes = 0
  }

  /// A connection's hold on the queue.
  package struct Lease: Sendable, Equatable {
    let number: UInt64
  }

  /// How old a frame may get.
  let age: Duration
  private let now: @Sendable () -> MonotonicInstant
  private let state: Mutex<OutboundQueueState>

  /// - Parameters:
  ///   - role: This end's role, which decides whether frames are masked.
  ///   - chunkBytes: The size of chunks, unless one frame is longer.
  ///   - budget: What bounds all queues together, for one that drops its oldest. Default: nothing does.
  ///   - key: What senders are told apart by, which they must not know. Default: random.
  ///   - now: The clock that ages are measured by.
  package init(
    role: WebSocketRole, limits: Limits, chunkBytes: Int = BufferSizes.large.chunk, overflow: Overflow,
    budget: OutboundBudget? = nil, key: UInt64 = .random(in: 0 ... .max),
    now: @escaping @Sendable () -> MonotonicInstant
  ) {
    self.now = now
    age = limits.age
    state = Mutex(
      OutboundQueueState(
        role: role, limits: limits, overflow: overflow, chunkBytes: chunkBytes, budget: budget, key: key))
  }

  /// The present, by the clock that ages are measured by.
  package var time: MonotonicInstant { now() }

  package var counts: Counts { state.withLock { $0.counts } }

  /// Encoded bytes that wait.
  package var waitingBytes: Int { state.withLock { $0.bytes } }

  /// Calls `body` with each chunk that waits, to look how much memory it takes.
  func forEachChunk(_ body: (OutboundChunk) -> Void) {
    state.withLock { $0.forEachChunk(body) }
  }

  /// Connects the queue: from now on frames are taken. `wake` is called, from any thread, when there is something to
  /// ``take(_:)`` and nobody has been told yet.
  ///
  /// - Returns: The connection's hold on the queue, which ends one that was there before. `nil` after ``close()``.
  package func open(wake: @escaping @Sendable () -> Void) -> Lease? {
    state.withLock { $0.connect(wake: wake) }
  }

  /// Whether the next connection takes over from the present one while that is up, and gets what waits for it. Until it does, or
  /// the present one ends.
  func expectSuccessor(_ isExpected: Bool) {
    state.withLock { $0.hasSuccessor = isExpected && $0.lease != nil }
  }

  /// From now on frames are refused as if the queue were disconnected, and what waits can still be taken. Without effect
  /// when the lease is over.
  func seal(_ lease: Lease) {
    state.withLock { state in
      if state.lease == lease { state.isSealed = true }
    }
  }

  /// Disconnects the queue. What waits is dropped and counted as lost. Without effect when the lease is over: a
  /// connection that is long in dying can't take down its successor.
  package func disconnect(_ lease: Lease) {
    state.withLock { state in
      if state.lease == lease { state.disconnect() }
    }
  }

  /// Disconnects the queue for good. What waits is dropped and counted as unsent.
  package func close() {
    state.withLock { $0.close() }
  }

  /// Encodes one frame, given in two parts, behind the others, and wakes the connection if need be.
  ///
  /// - Parameter sender: Whose frame it is, as far as room is concerned; 0 for this end's own.
  package func append(head: RawSpan, body: RawSpan, from sender: UInt32 = 0) -> Admission {
    let (admission, needsWake) = push(head: head, body: body, from: sender, at: now())
    if needsWake { wake() }
    return admission
  }

  /// Encodes one frame, given in two parts, behind the others.
  ///
  /// - Parameters:
  ///   - sender: Whose frame it is, as far as room is concerned; 0 for this end's own.
  ///   - time: The present, for those who know it already.
  /// - Returns: Whether it was taken, and whether the caller has to ``wake()`` the connection, soon and once for any
  ///   number of frames: until then nobody takes them.
  package func push(
    head: RawSpan, body: RawSpan, from sender: UInt32 = 0, at time: MonotonicInstant
  ) -> (Admission, needsWake: Bool) {
    state.withLock { $0.push(head: head, body: body, from: sender, at: time) }
  }

  /// The peer has shown that it takes messages of any length that fits.
  package func takeAllLengths() {
    state.withLock { $0.takeAllLengths() }
  }

  /// How many frames of a batch are encoded under one lock: about a microsecond's work.
  private static let framesPerTurn = 16

  /// Encodes the first frames of a batch behind the others, up to the first one that isn't taken.
  ///
  /// - Parameter count: How many at most. Default: all.
  /// - Returns: How many were taken, what became of the last one, and whether the caller has to ``wake()`` the connection.
  package func push(
    contentsOf batch: borrowing FrameBatch, first count: Int = .max, at time: MonotonicInstant
  ) -> (taken: Int, Admission, needsWake: Bool) {
    var cursor = RunCursor()
    var taken = 0
    var outcome = (Admission.queued, needsWake: false)
    let count = min(count, batch.count)
    while outcome.0 == .queued, taken < count {
      state.withLock { state in
        batch.forEach(from: &cursor, limit: min(Self.framesPerTurn, count - taken)) { frame, _ in
          guard outcome.0 == .queued else { return }
          let (admission, needsWake) = state.push(head: frame, body: RawSpan(), from: 0, at: time)
          outcome = (admission, outcome.needsWake || needsWake)
          if admission == .queued { taken += 1 }
        }
      }
    }
    return (taken, outcome.0, outcome.needsWake)
  }

  /// Tells the connection that there is something to take.
  package func wake() {
    state.withLock { $0.wake }?()
  }

  /// The next chunks, without what is too old, until they have so many bytes together. None when there is nothing; the next
  /// frame then calls `wake` again. None as well when the lease is over.
  package func take(_ lease: Lease, upTo bytes: Int, into chunks: inout [Chunk]) {
    let time = now()
    state.withLock { state in
      guard state.lease == lease else { return }
      state.dropExpired(at: time)
      var taken = 0
      while taken < bytes, let chunk = state.take() {
        taken += chunk.buffer.readableBytes
        chunks.append(chunk)
      }
      state.releaseUnused()
    }
  }

  /// Drops what has grown too old, so that it doesn't hold memory until the peer takes something or a frame comes.
  package func dropExpired() {
    let time = now()
    state.withLock { state in
      state.dropExpired(at: time)
      state.releaseUnused()
    }
  }

  /// A chunk was handed to the kernel.
  package func written(_ tally: Tally) {
    state.withLock { state in
      state.counts.sent += UInt64(tally.frames)
      state.counts.sentBytes += UInt64(tally.payloadBytes)
    }
  }

  /// A chunk was taken and never reached the kernel.
  package func failed(_ tally: Tally) {
    state.withLock { $0.lose(tally.frames) }
  }
}

extension OutboundQueue.Counts {
  /// Adds another queue's.
  package static func += (left: inout Self, right: Self) {
    left.sent += right.sent
    left.sentBytes += right.sentBytes
    left.expired += right.expired
    left.overflowed += right.overflowed
    left.tooLong += right.tooLong
    left.tooLongForPeer += right.tooLongForPeer
    left.overTotal += right.overTotal
    left.lost += right.lost
    left.unsent += right.unsent
  }
}
