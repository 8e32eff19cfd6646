import NIOCore
import PilotTransport

/// What the lock of an ``OutboundQueue`` guards.
struct OutboundQueueState {
  var counts = OutboundQueue.Counts()
  /// Who takes from the queue.
  private(set) var lease: OutboundQueue.Lease?
  /// Whether what comes from now on is refused, and only what waits is taken.
  var isSealed = false
  /// Tells the connection to take what waits.
  private(set) var wake: (@Sendable () -> Void)?
  /// Whether the next connection gets what waits for this one.
  var hasSuccessor = false
  private var leases: UInt64 = 0
  private var isClosed = false
  private(set) var bytes = 0
  private var encoder: WebSocketEncoder
  private var pending: [OutboundChunk] = []
  private var shares: SenderShares
  private var wakeUnderWay = false
  private var nextCapacity = Self.smallestChunk
  /// Bytes of the common budget that this queue has taken.
  private var reserved = 0
  /// The payloads that the peer is known to take, by their length.
  private var lengths: ClosedRange<Int>

  private let limits: OutboundQueue.Limits
  private let overflow: OutboundQueue.Overflow
  private let chunkBytes: Int
  private let budget: OutboundBudget?
  /// How old a frame may get, in nanoseconds: a plain number, since it is looked at for every frame.
  private let age: UInt64
  private static let smallestChunk = 512
  /// Ages are told apart by this much, so that frames of one burst share a run.
  private static let stampGranularity: UInt64 = 1_000_000

  init(
    role: WebSocketRole, limits: OutboundQueue.Limits, overflow: OutboundQueue.Overflow, chunkBytes: Int,
    budget: OutboundBudget?, key: UInt64
  ) {
    var limits = limits
    limits.bytes = min(limits.bytes, SenderShares.most)
    self.limits = limits
    self.overflow = overflow
    age = MonotonicInstant.start.advanced(by: limits.age).nanoseconds
    lengths = limits.first
    self.chunkBytes = chunkBytes
    self.budget = budget
    shares = SenderShares(key: key)
    encoder = WebSocketEncoder(role: role)
  }

  /// Whether frames are taken.
  private var isOpen: Bool { lease != nil && !isSealed }

  mutating func connect(wake: @escaping @Sendable () -> Void) -> OutboundQueue.Lease? {
    guard !isClosed else { return nil }
    if !hasSuccessor || isSealed { disconnect() }
    if lease != nil { budget?.leave() }
    hasSuccessor = false
    wakeUnderWay = false
    leases += 1
    let lease = OutboundQueue.Lease(number: leases)
    self.lease = lease
    self.wake = wake
    lengths = limits.first
    budget?.join()
    return lease
  }

  func forEachChunk(_ body: (OutboundChunk) -> Void) {
    pending.forEach(body)
  }

  /// The peer takes messages of any length that fits.
  mutating func takeAllLengths() {
    lengths = 0...limits.frame
  }

  private func encodedLength(of payloadLength: Int) -> Int {
    payloadLength + encoder.overhead(forPayloadOf: payloadLength)
  }

  /// Makes room as the policy says, and appends.
  ///
  /// - Parameter sender: Whose frame it is; 0 for this end's own.
  mutating func push(
    head: RawSpan, body: RawSpan, from sender: UInt32, at time: MonotonicInstant
  ) -> (OutboundQueue.Admission, needsWake: Bool) {
    let payload = head.byteCount + body.byteCount
    guard lengths.contains(payload) else { return (refuse(payload), false) }
    guard isOpen else { return (.disconnected, false) }
    dropExpired(at: time)
    let length = encodedLength(of: payload)
    switch overflow {
    case .refuseNewest:
      if bytes + length > limits.bytes { return (.full, false) }
    case .dropOldest:
      while bytes > 0, bytes + length > limits.bytes { dropFromFullest() }
      if isLate(at: time) { speedUp(for: length) }
      if !makeRoomInTotal(for: length) { return (.full, false) }
    }
    append(head: head, body: body, group: shares.group(of: sender), encodedLength: length, at: time)
    return (.queued, needsWake())
  }

  /// Who drops the oldest for others' frames drops these, too. Else the sender is told.
  private mutating func refuse(_ payload: Int) -> OutboundQueue.Admission {
    if payload < lengths.lowerBound { return isOpen ? .tooShort : .disconnected }
    if overflow == .dropOldest {
      if payload > limits.frame { counts.tooLong += 1 } else { counts.tooLongForPeer += 1 }
    }
    return .tooLong(payload)
  }

  private mutating func append(
    head: RawSpan, body: RawSpan, group: SenderShares.Group, encodedLength: Int, at time: MonotonicInstant
  ) {
    if pending.isEmpty || pending[pending.count - 1].storedBytes + encodedLength > chunkBytes {
      startChunk(for: encodedLength)
    }
    let message = OutboundChunk.Message(
      group: group,
      stamp: MonotonicInstant(nanoseconds: time.nanoseconds / Self.stampGranularity * Self.stampGranularity),
      payloadLength: head.byteCount + body.byteCount, encodedLength: encodedLength)
    pending[pending.count - 1].append(message, head: head, body: body, by: &encoder)
    shares.add(encodedLength, to: group)
    bytes += encodedLength
  }

  /// A chunk begins as large as the last one was filled, so that an idle connection holds little and a busy one doesn't
  /// grow its buffers over and over.
  private mutating func startChunk(for encodedLength: Int) {
    if let last = pending.last { nextCapacity = min(max(last.storedBytes, nextCapacity), chunkBytes) }
    pending.append(OutboundChunk(capacity: max(encodedLength, nextCapacity)))
  }

  /// Whether nobody has been told yet that there is something to take. The caller does it.
  private mutating func needsWake() -> Bool {
    defer { wakeUnderWay = true }
    return !wakeUnderWay
  }

  mutating func take() -> OutboundQueue.Chunk? {
    guard let first = pending.first else {
      wakeUnderWay = false
      nextCapacity = Self.smallestChunk
      pending = []
      return nil
    }
    pending.removeFirst()
    bytes -= first.waitingBytes
    first.forEachShare { shares.remove($1, from: $0) }
    nextCapacity = min(max(first.storedBytes, Self.smallestChunk), chunkBytes)
    let buffer = first.holes == 0 ? first.buffer : first.compacted().buffer
    return OutboundQueue.Chunk(buffer: buffer, tally: first.tally)
  }

  mutating func dropExpired(at now: MonotonicInstant) {
    guard now.nanoseconds > age else { return }
    let limit = now.nanoseconds - age
    while let oldest = pending.first?.oldest, oldest.nanoseconds < limit {
      counts.expired += 1
      removeFirst()
    }
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
    if lease != nil { budget?.leave() }
    lease = nil
    isSealed = false
    hasSuccessor = false
    wake = nil
    wakeUnderWay = false
    for chunk in pending { lose(chunk.tally.frames) }
    pending = []
    bytes = 0
    shares.removeAll()
    releaseUnused()
    nextCapacity = Self.smallestChunk
  }

  // MARK: Making room

  /// Drops the oldest frame of those that fill the queue; of this end's own if there are no others.
  private mutating func dropFromFullest() {
    counts.overflowed += 1
    removeFromFullest()
  }

  private mutating func removeFromFullest() {
    guard let group = shares.fullest else { return removeFirst() }
    for index in pending.indices {
      guard let length = pending[index].removeFirst(of: group) else { continue }
      return removed(length, of: group, from: index)
    }
  }

  private mutating func removeFirst() {
    let (group, length) = pending[0].removeFirst()
    removed(length, of: group, from: 0)
  }

  private mutating func removed(_ length: Int, of group: SenderShares.Group, from index: Int) {
    bytes -= length
    shares.remove(length, from: group)
    if pending[index].isEmpty {
      pending.remove(at: index)
    } else if pending[index].holes > pending[index].waitingBytes {
      compact(index)
    }
  }

  /// What is more hole than frames is copied without holes, behind the chunk before it if there is room: so that memory
  /// stays within twice what waits, and chunks don't become many and small.
  private mutating func compact(_ index: Int) {
    let chunk = pending[index]
    if index > 0, pending[index - 1].storedBytes + chunk.waitingBytes <= chunkBytes {
      pending[index - 1].append(contentsOf: chunk)
      pending.remove(at: index)
    } else {
      pending[index] = chunk.compacted()
    }
  }

  /// Whether the first frame has waited for half the time that it may. A peer that reads slowly then lets frames grow too
  /// old before the queue is full, whoever sent them.
  private func isLate(at now: MonotonicInstant) -> Bool {
    guard let oldest = pending.first?.oldest else { return false }
    return now.nanoseconds > oldest.nanoseconds &+ age / 2
  }

  /// Who has most in a queue that is late makes room for as much as comes, as in a full one, unless nobody else waits.
  private mutating func speedUp(for length: Int) {
    let goal = bytes - length
    while bytes > goal, shares.areSeveral { dropFromFullest() }
  }

  // MARK: The total

  /// Whether so many bytes more are within this queue's share of the budget, or what it has taken of the common half.
  private mutating func fitsTheTotal(_ length: Int) -> Bool {
    guard let budget else { return true }
    let missing = bytes + length - budget.share - reserved
    guard missing > 0 else { return true }
    let blocks = (missing + OutboundBudget.block - 1) / OutboundBudget.block * OutboundBudget.block
    guard budget.reserve(blocks) else { return false }
    reserved += blocks
    return true
  }

  /// Makes room of this queue's own frames when the budget is used up. One that holds more than the mean of all gives up
  /// twice what it gets, so that others come to have as much.
  ///
  /// - Returns: Whether there is room for the frame. If not, it is dropped as well.
  private mutating func makeRoomInTotal(for length: Int) -> Bool {
    guard let budget, bytes + length > budget.share else { return true }
    if budget.isUsedUp, bytes > budget.mean {
      let goal = max(bytes - 2 * length, budget.mean)
      while bytes > goal { dropForTheTotal() }
    }
    while !fitsTheTotal(length) {
      guard bytes > 0 else {
        counts.overTotal += 1
        return false
      }
      dropForTheTotal()
    }
    releaseUnused(keeping: length)
    return true
  }

  private mutating func dropForTheTotal() {
    counts.overTotal += 1
    removeFromFullest()
  }

  /// Gives back what this queue needs no longer.
  ///
  /// - Parameter room: Bytes that are about to be appended.
  mutating func releaseUnused(keeping room: Int = 0) {
    guard reserved > 0, let budget else { return }
    let needed = max(bytes + room - budget.share, 0)
    let blocks = (needed + OutboundBudget.block - 1) / OutboundBudget.block * OutboundBudget.block
    guard blocks < reserved else { return }
    budget.release(reserved - blocks)
    reserved = blocks
  }
}
