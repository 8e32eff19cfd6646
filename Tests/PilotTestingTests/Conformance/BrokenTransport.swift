import PilotTransport
import PilotWire
import Synchronization

@testable import PilotTesting

/// One way to break the contract each.
enum Fault: String, CaseIterable, Sendable {
  case none
  case truncates, takesTooLong, sendsRefused, reversesBatches, losesEndOfBatch, sendsPastRefusal
  case mixesSenders, losesEmptyFrames, forgesSources, reusesLentMemory, reversesReceived, losesEndOfReceived
  case deliversAfterClose, sendsAfterClose, ignoresClose, wakesLate, ignoresCancellation, handsOutTwoReceivers
  case makesReceiverAfterClose, movesAfterClose, diesOfUnreachable, countsNothing, countsNoDrops, neverEndsEvents
  case closesTwice, dropsNewest, batchesOvertake, handsOutOnePerTask, staysFull, failsWhenFull, losesUncounted
  case takesAnyDestination
}

/// An in-memory transport with a fault.
final class BrokenTransport: Transport {
  let base: InMemoryTransport
  private let fault: Fault
  private let ownEvents = TransportEventSource()
  private let previous = Mutex<[UInt8]>([])
  private let source: BrokenSource
  private let arrived = Mutex<UInt64>(0)
  private let sends = Mutex(0)
  private let askers = Mutex<Set<Int>>([])

  init(_ base: InMemoryTransport, _ fault: Fault) {
    self.base = base
    self.fault = fault
    source = BrokenSource(base, fault)
  }

  var localEndpoint: Endpoint {
    let endpoint = base.localEndpoint
    guard fault == .movesAfterClose, base.queue.life.isClosed else { return endpoint }
    return Endpoint(high: endpoint.high, low: endpoint.low, port: 0)
  }

  var maximumFrameLength: Int { base.maximumFrameLength - (fault == .takesTooLong ? 1 : 0) }

  var counters: TransportCounters {
    var counters = base.counters
    if fault == .countsNothing || fault == .sendsRefused { counters.framesSent = 0 }
    if fault == .countsNoDrops { counters.drops[.receiveQueueFull] = 0 }
    if fault == .dropsNewest {
      counters.drops[.receiveQueueFull] = arrived.withLock { $0 } - min(arrived.withLock { $0 }, Self.room)
    }
    return counters
  }

  var events: TransportEvents { ownsEvents ? ownEvents.events : base.events }
  private var ownsEvents: Bool { fault == .neverEndsEvents || fault == .closesTwice }

  func makeReceiver() throws(TransportError) -> Receiver {
    switch fault {
    case .handsOutTwoReceivers: break
    case .makesReceiverAfterClose where base.queue.life.isClosed: break
    case .handsOutOnePerTask where !base.queue.life.isClosed:
      let task = unsafe withUnsafeCurrentTask { unsafe $0.hashValue }
      guard askers.withLock({ $0.insert(task).inserted }) else { throw .receiverTaken }
    default: try base.queue.life.takeReceiver()
    }
    return Receiver(source)
  }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    if fault == .sendsAfterClose, base.queue.life.isClosed { return }
    switch fault {
    case .takesAnyDestination where destination.port == 0: break
    case .truncates where frame.byteCount > 1_000:
      try base.send(frame.extracting(droppingLast: 1), to: destination)
    case .sendsRefused where frame.byteCount > maximumFrameLength:
      try base.send(frame.extracting(first: maximumFrameLength), to: destination)
      throw .frameTooLarge(frame.byteCount, limit: maximumFrameLength)
    case .losesEmptyFrames where frame.byteCount == 0:
      if base.queue.life.isClosed { throw .closed }
    case .batchesOvertake:
      if base.queue.life.isClosed { throw .closed }
      let held = hold(frame)
      if !held.isEmpty { try unsafe base.send(held.span.bytes, to: destination) }
    case .staysFull where countSend() > Self.fullAfter:
      throw .backpressure
    case .failsWhenFull where countSend() > Self.fullAfter:
      throw TransportError(code: .system, message: "no buffer space available")
    case .losesUncounted where countSend() % 10 == 0:
      if base.queue.life.isClosed { throw .closed }
    case .mixesSenders:
      let mixed = mix(frame)
      try unsafe base.send(mixed.span.bytes, to: destination)
    default:
      try base.send(frame, to: destination)
    }
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    if fault == .sendsAfterClose, base.queue.life.isClosed { return batch.count }
    var frames: [(bytes: [UInt8], destination: Endpoint)] = []
    batch.forEach { frames.append(($0.copied(), $1)) }
    switch fault {
    case .batchesOvertake:
      for frame in frames { try unsafe base.send(frame.bytes.span.bytes, to: frame.destination) }
      return frames.count
    case .reversesBatches: frames.reverse()
    case .losesEndOfBatch where frames.count > 1:
      frames.removeLast()
      try send(frames)
      return batch.count
    case .sendsPastRefusal:
      let taken = try send(frames)
      if taken < frames.count { try send(Array(frames.dropFirst(taken + 1))) }
      return taken
    default: break
    }
    return try send(frames)
  }

  @discardableResult
  private func send(_ frames: [(bytes: [UInt8], destination: Endpoint)]) throws(TransportError) -> Int {
    if base.queue.life.isClosed { throw .closed }
    for (index, frame) in frames.enumerated() {
      do {
        try unsafe send(frame.bytes.span.bytes, to: frame.destination)
      } catch {
        if index == 0 { throw error }
        return index
      }
    }
    return frames.count
  }

  func close() {
    base.close()
    switch fault {
    case .closesTwice:
      ownEvents.emit(.closed)
      ownEvents.finish()
    case .neverEndsEvents: ownEvents.emit(.closed)
    default: break
    }
  }

  /// A frame is on its way here.
  /// - Returns: Whether it gets in.
  func accepts() -> Bool {
    source.overwriteLentMemory()
    guard fault == .dropsNewest else { return true }
    return arrived.withLock { arrived in
      arrived += 1
      return arrived <= Self.room
    }
  }

  /// How many frames it takes before it is full for good.
  private static let fullAfter = 100

  private func countSend() -> Int {
    sends.withLock { sends in
      sends += 1
      return sends
    }
  }

  /// Keeps a frame until the next one comes, and returns the one before.
  private func hold(_ frame: RawSpan) -> [UInt8] {
    let bytes = frame.copied()
    return previous.withLock { previous in
      defer { previous = bytes }
      return previous
    }
  }

  private static let room = UInt64(InMemoryFixture.queue.frames)

  /// What two senders do to each other in a buffer that they share without a lock, only always.
  private func mix(_ frame: RawSpan) -> [UInt8] {
    let bytes = frame.copied()
    return previous.withLock { previous in
      defer { previous = bytes }
      guard previous.count > bytes.count / 2 else { return bytes }
      return Array(previous.prefix(bytes.count / 2) + bytes.dropFirst(bytes.count / 2))
    }
  }
}
