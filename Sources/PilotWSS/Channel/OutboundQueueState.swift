import NIOCore
import PilotTransport

/// What the lock of an ``OutboundQueue`` guards.
struct OutboundQueueState {
  /// Messages of one length and one time stamp that follow each other in a chunk.
  private struct Run {
    let stamp: MonotonicInstant
    let encodedLength: Int
    let payloadLength: Int
    var count: Int
  }

  /// Encoded messages and where they begin and end.
  private struct Pending {
    var buffer: ByteBuffer
    var runs: [Run] = []
    var firstRun = 0

    var isEmpty: Bool { firstRun == runs.count }
  }

  var counts = OutboundQueue.Counts()
  /// Who takes from the queue.
  private(set) var lease: OutboundQueue.Lease?
  /// Tells the connection to take what waits.
  private(set) var wake: (@Sendable () -> Void)?
  private var leases: UInt64 = 0
  private var isClosed = false
  private(set) var bytes = 0
  private var encoder: WebSocketEncoder
  private var pending: [Pending] = []
  private var wakeUnderWay = false
  private var nextCapacity = Self.smallestChunk

  private let limits: OutboundQueue.Limits
  private let overflow: OutboundQueue.Overflow
  private let chunkBytes: Int
  /// How old a frame may get, in nanoseconds: a plain number, since it is looked at for every frame.
  private let age: UInt64
  private static let smallestChunk = 512
  /// Ages are told apart by this much, so that frames of one burst share a run.
  private static let stampGranularity: UInt64 = 1_000_000

  init(
    role: WebSocketRole, limits: OutboundQueue.Limits, overflow: OutboundQueue.Overflow, chunkBytes: Int
  ) {
    self.limits = limits
    self.overflow = overflow
    age = MonotonicInstant.start.advanced(by: limits.age).nanoseconds
    self.chunkBytes = chunkBytes
    encoder = WebSocketEncoder(role: role)
  }

  var isConnected: Bool { lease != nil }

  mutating func connect(wake: @escaping @Sendable () -> Void) -> OutboundQueue.Lease? {
    guard !isClosed else { return nil }
    disconnect()
    leases += 1
    let lease = OutboundQueue.Lease(number: leases)
    self.lease = lease
    self.wake = wake
    return lease
  }

  private func encodedLength(of payloadLength: Int) -> Int {
    payloadLength + encoder.overhead(forPayloadOf: payloadLength)
  }

  /// Makes room as the policy says, and appends.
  mutating func push(
    head: RawSpan, body: RawSpan, at time: MonotonicInstant
  ) -> (OutboundQueue.Admission, needsWake: Bool) {
    let payload = head.byteCount + body.byteCount
    guard payload <= limits.frame else {
      // Who drops the oldest for others' frames drops these, too. Else the sender is told.
      if overflow == .dropOldest { counts.tooLong += 1 }
      return (.tooLong(payload), false)
    }
    guard isConnected else { return (.disconnected, false) }
    dropExpired(at: time)
    let length = encodedLength(of: payload)
    if bytes + length > limits.bytes {
      guard overflow == .dropOldest else { return (.full, false) }
      while bytes > 0, bytes + length > limits.bytes { dropOldest() }
    }
    append(head: head, body: body, encodedLength: length, at: time)
    return (.queued, needsWake())
  }

  private mutating func append(head: RawSpan, body: RawSpan, encodedLength: Int, at time: MonotonicInstant) {
    if pending.isEmpty || pending[pending.count - 1].buffer.readableBytes + encodedLength > chunkBytes {
      startChunk(for: encodedLength)
    }
    let last = pending.count - 1
    encoder.append(.binary, head: head, body: body, into: &pending[last].buffer)
    let payloadLength = head.byteCount + body.byteCount
    let stamp = MonotonicInstant(nanoseconds: time.nanoseconds / Self.stampGranularity * Self.stampGranularity)
    if let run = pending[last].runs.last, pending[last].firstRun < pending[last].runs.count,
      run.stamp == stamp, run.payloadLength == payloadLength
    {
      pending[last].runs[pending[last].runs.count - 1].count += 1
    } else {
      pending[last].runs.append(
        Run(stamp: stamp, encodedLength: encodedLength, payloadLength: payloadLength, count: 1))
    }
    bytes += encodedLength
  }

  /// A chunk begins as large as the last one was filled, so that an idle connection holds little and a busy one doesn't
  /// grow its buffers over and over.
  private mutating func startChunk(for encodedLength: Int) {
    if let last = pending.last { nextCapacity = min(max(last.buffer.readableBytes, nextCapacity), chunkBytes) }
    let buffer = ByteBufferAllocator().buffer(capacity: max(encodedLength, nextCapacity))
    pending.append(Pending(buffer: buffer))
  }

  /// Whether nobody has been told yet that there is something to take. The caller does it.
  private mutating func needsWake() -> Bool {
    defer { wakeUnderWay = true }
    return !wakeUnderWay
  }

  mutating func take() -> OutboundQueue.Chunk? {
    guard let first = pending.first, !first.isEmpty else {
      wakeUnderWay = false
      nextCapacity = Self.smallestChunk
      pending = []
      return nil
    }
    pending.removeFirst()
    bytes -= first.buffer.readableBytes
    nextCapacity = min(max(first.buffer.readableBytes, Self.smallestChunk), chunkBytes)
    var tally = OutboundQueue.Tally()
    for run in first.runs[first.firstRun...] {
      tally.frames += run.count
      tally.payloadBytes += run.count * run.payloadLength
    }
    return OutboundQueue.Chunk(buffer: first.buffer, tally: tally)
  }

  mutating func dropExpired(at now: MonotonicInstant) {
    guard now.nanoseconds > age else { return }
    let limit = now.nanoseconds - age
    while !pending.isEmpty, !pending[0].isEmpty, pending[0].runs[pending[0].firstRun].stamp.nanoseconds < limit {
      counts.expired += 1
      removeFirstMessage()
    }
  }

  private mutating func dropOldest() {
    counts.overflowed += 1
    removeFirstMessage()
  }

  private mutating func removeFirstMessage() {
    let length = pending[0].runs[pending[0].firstRun].encodedLength
    pending[0].buffer.moveReaderIndex(forwardBy: length)
    bytes -= length
    pending[0].runs[pending[0].firstRun].count -= 1
    if pending[0].runs[pending[0].firstRun].count == 0 { pending[0].firstRun += 1 }
    if pending[0].isEmpty { pending.removeFirst() }
  }

  mutating func close() {
    isClosed = true
    disconnect()
  }

  /// Counts frames that were taken and won't be sent.
  mutating func lose(_ frames: Int) {
    if isClosed {
      counts.unsent += UInt64(frames)
    } else {
      counts.lost += UInt64(frames)
    }
  }

  mutating func disconnect() {
    lease = nil
    wake = nil
    wakeUnderWay = false
    for chunk in pending {
      for run in chunk.runs[chunk.firstRun...] { lose(run.count) }
    }
    pending = []
    bytes = 0
    nextCapacity = Self.smallestChunk
  }
}
