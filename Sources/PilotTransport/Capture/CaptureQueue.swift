import PilotWire

/// Blocks that wait to be written to a capture's file, and the file's books. A value without a descriptor or a clock.
///
/// Two bounds: what waits, in bytes, and the file's length, in which the statistics at its end have their place. What exceeds
/// the first is left out, and the file goes on; with the first frame that exceeds the second, the file is complete, so that
/// it holds all that there was up to that point.
struct CaptureQueue: Sendable {
  /// What has to be done about something that was put in.
  struct OnTake: Equatable, Sendable {
    /// Whether the writer rests, and is to be woken.
    var wakesWriter = false
    /// Whether the file is complete with this.
    var end: CaptureEnd?
  }

  private struct Interface {
    let path: CapturePath
    var seen: UInt64 = 0
    var leftOut: UInt64 = 0
    /// Those since the last frame that was taken.
    var missing: UInt64 = 0
  }

  private enum Phase {
    case open, complete, failed, ended
  }

  /// So many paths are told apart; further ones count as the last.
  static let interfaceLimit = 64

  private let limit: Int
  private let capacity: Int
  private var phase = Phase.open
  private var interfaces: [Interface] = []
  /// Of the file, with what waits and what is being written.
  private var length = 0
  private var waiting: [UInt8] = []
  /// The writer's memory, while it rests.
  private var spare: [UInt8] = []
  private(set) var isWriting = false
  private(set) var counters = CaptureCounters()

  /// - Parameters:
  ///   - limit: The file's greatest length, in bytes.
  ///   - capacity: How many bytes may wait.
  ///   - application: Who writes it.
  init(limit: Int, capacity: Int, application: String) {
    (self.limit, self.capacity) = (limit, capacity)
    // Memory that is never written to costs nothing.
    waiting.reserveCapacity(capacity)
    append(CaptureBlock.section(application: application))
  }

  /// Whether there is nothing more to be written, ever.
  var isDone: Bool { phase == .failed || phase == .ended && waiting.isEmpty && !isWriting }

  /// The number of a path's interface, which stands in the file from then on.
  mutating func interface(_ path: CapturePath) -> UInt32 {
    if let index = interfaces.firstIndex(where: { $0.path == path }) { return UInt32(index) }
    guard interfaces.count < Self.interfaceLimit else { return UInt32(interfaces.count - 1) }
    let block = CaptureBlock.interface(path)
    interfaces.append(Interface(path: path))
    if phase == .open, length + block.count + reserve <= limit { append(block) } else { complete() }
    return UInt32(interfaces.count - 1)
  }

  /// A frame was sent or received.
  ///
  /// - Parameter time: In nanoseconds since 1970.
  mutating func take(
    _ header: RawSpan, _ payload: RawSpan, _ direction: CaptureDirection, on interface: UInt32, isDatagram: Bool,
    from source: Endpoint, to destination: Endpoint, at time: UInt64
  ) -> OnTake {
    let index = Int(interface)
    interfaces[index].seen += 1
    guard phase == .open else {
      leaveOut(phase == .failed ? \.failed : \.overLimit, at: index)
      return OnTake()
    }
    let missing = interfaces[index].missing
    let size = CaptureBlock.packetLength(
      header.byteCount + payload.byteCount, from: source, to: destination, dropped: missing)
    guard length + size + reserve <= limit else {
      leaveOut(\.overLimit, at: index)
      complete()
      return OnTake(end: .limit(bytes: limit))
    }
    guard waiting.count + size <= capacity else {
      leaveOut(\.overflowed, at: index)
      return OnTake()
    }
    CaptureBlock.appendPacket(
      header, payload, direction, interface: interface, isDatagram: isDatagram, from: source, to: destination,
      at: time, dropped: missing, to: &waiting)
    length += size
    interfaces[index].missing = 0
    return OnTake(wakesWriter: startWriting())
  }

  /// Ends the file with its statistics.
  ///
  /// - Returns: Whether the writer is to be woken.
  mutating func end(at time: UInt64) -> Bool {
    guard phase == .open || phase == .complete else { return false }
    phase = .ended
    for (index, interface) in interfaces.enumerated() {
      append(
        CaptureBlock.statistics(
          interface: UInt32(index), at: time, received: interface.seen, dropped: interface.leftOut))
    }
    return startWriting()
  }

  // MARK: The writer

  /// What is to be written next, in the place of what has been. The two exchange their memory, so that frames are put into
  /// memory that is there.
  ///
  /// - Returns: Whether there is something; else the writer rests.
  mutating func next(_ bytes: inout [UInt8]) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    guard !waiting.isEmpty, phase != .failed else {
      isWriting = false
      if bytes.capacity > 0 { swap(&bytes, &spare) }
      return false
    }
    if bytes.capacity == 0 { swap(&bytes, &spare) }
    swap(&bytes, &waiting)
    return true
  }

  /// All of what was to be written is in the file: so many bytes, and frames in them.
  mutating func written(_ length: Int, frames: UInt64) {
    counters.bytes += UInt64(length)
    counters.frames += frames
  }

  /// Writing has failed: of what was to be written, so many bytes at the front are in the file, whole blocks. What waits is
  /// lost, and counted.
  mutating func failed(_ bytes: [UInt8], keeping kept: Int) {
    let (all, whole) = (CaptureBlock.whole(in: bytes[...]).frames, CaptureBlock.whole(in: bytes.prefix(kept)).frames)
    counters.bytes += UInt64(kept)
    counters.frames += whole
    counters.failed += all - whole + CaptureBlock.whole(in: waiting[...]).frames
    (phase, isWriting, waiting, spare) = (.failed, false, [], [])
  }

  // MARK: Parts

  /// What the statistics take.
  private var reserve: Int { (interfaces.count + 1) * CaptureBlock.statisticsLength }

  private mutating func startWriting() -> Bool {
    defer { isWriting = true }
    return !isWriting
  }

  private mutating func append(_ block: [UInt8]) {
    waiting += block
    length += block.count
  }

  private mutating func complete() {
    if phase == .open { phase = .complete }
  }

  private mutating func leaveOut(_ reason: WritableKeyPath<CaptureCounters, UInt64>, at index: Int) {
    counters[keyPath: reason] += 1
    interfaces[index].leftOut += 1
    interfaces[index].missing += 1
  }
}
