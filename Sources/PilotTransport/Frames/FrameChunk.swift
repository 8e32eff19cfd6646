import PilotWire

/// Memory for frames and the list of their runs, filled from the front to the back and emptied in the same order.
///
/// A building block: ``FrameBatch`` owns one, ``FrameQueue`` a few. It is not safe to share; its owner sees to that.
@safe
final class FrameChunk: @unchecked Sendable {  // Sendable because its owners hand it on as a whole, one at a time
  let capacity: Int
  private let memory: UnsafeMutableRawPointer
  private let runs: UnsafeMutablePointer<FrameRun>
  private let runCapacity: Int
  private var used = 0
  private var firstRun = 0
  private var endRun = 0
  /// How long the frames are that the last run takes; 0 when there is none, or a shorter frame has ended it.
  private var openLength = 0
  private(set) var frameCount = 0
  private(set) var byteCount = 0

  init(capacity: Int, frameCapacity: Int) {
    self.capacity = capacity
    runCapacity = frameCapacity
    unsafe memory = .allocate(byteCount: max(capacity, 1), alignment: 64)
    unsafe runs = .allocate(capacity: max(frameCapacity, 1))
  }

  deinit {
    unsafe memory.deallocate()
    unsafe runs.deallocate()
  }

  var isEmpty: Bool { frameCount == 0 }

  /// The runs in order. Valid until the chunk changes.
  var content: LentFrames {
    unsafe LentFrames(runs: UnsafeBufferPointer(start: runs + firstRun, count: endRun - firstRun), frames: frameCount)
  }

  /// Copies a frame, given in two parts, behind the last one.
  /// - Returns: Whether there was room.
  @inline(__always)
  func append(_ head: RawSpan, _ body: RawSpan, endpoint: Endpoint, local: LocalAddress = .any) -> Bool {
    guard let place = unsafe begin(head.byteCount + body.byteCount, endpoint: endpoint, local: local)
    else { return false }
    unsafe copy(head, to: place)
    unsafe copy(body, to: place + head.byteCount)
    return true
  }

  /// Copies a frame that begins with a byte and a big-endian number behind the last one.
  /// - Returns: Whether there was room.
  @inline(__always)
  func append(type: UInt8, number: UInt64, _ body: RawSpan, endpoint: Endpoint) -> Bool {
    let headLength = 9
    guard let place = unsafe begin(headLength + body.byteCount, endpoint: endpoint, local: .any)
    else { return false }
    // SAFETY: there is room for both parts.
    unsafe place.storeBytes(of: type, as: UInt8.self)
    unsafe (place + 1).storeBytes(of: number.bigEndian, as: UInt64.self)
    unsafe copy(body, to: place + headLength)
    return true
  }

  /// Has a closure write a frame behind the last one.
  /// - Precondition: It writes `length` bytes.
  /// - Returns: Whether there was room.
  @inline(__always)
  func append(
    length: Int, endpoint: Endpoint, local: LocalAddress, initializingWith body: (inout OutputRawSpan) -> Void
  ) -> Bool {
    guard let place = unsafe begin(length, endpoint: endpoint, local: local) else { return false }
    // SAFETY: begin made sure that the room is there; the output is gone before this returns.
    let room = unsafe UnsafeMutableRawBufferPointer(start: place, count: length)
    var output = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
    body(&output)
    let written = unsafe output.finalize(for: room)
    precondition(written == length, "a frame of \(length) bytes was begun, and \(written) were written")
    return true
  }

  /// Finds room and a run for a frame.
  /// - Returns: Where the frame's bytes are to be copied; nil if there is no room.
  @inline(__always)
  private func begin(_ length: Int, endpoint: Endpoint, local: LocalAddress) -> UnsafeMutableRawPointer? {
    guard used + length <= capacity else { return nil }
    guard
      extendLastRun(by: length, endpoint: endpoint, local: local)
        || startRun(length, endpoint: endpoint, local: local)
    else { return nil }
    let place = unsafe memory + used
    // None of them can overflow: they are no more than the capacities.
    used &+= length
    byteCount &+= length
    frameCount &+= 1
    return unsafe place
  }

  @inline(__always)
  private func copy(_ bytes: RawSpan, to place: UnsafeMutableRawPointer) {
    // SAFETY: begin made sure that the room is there; source and destination are different allocations.
    unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress, source.count > 0 else { return }
      unsafe place.copyMemory(from: base, byteCount: source.count)
    }
  }

  /// A run takes frames of its length, and one shorter one, which ends it.
  @inline(__always)
  private func extendLastRun(by length: Int, endpoint: Endpoint, local: LocalAddress) -> Bool {
    guard length > 0, length <= openLength else { return false }
    // SAFETY: there is a run that takes frames, so that endRun - 1 is within the initialized ones.
    let last = unsafe runs + (endRun &- 1)
    guard unsafe last.pointee.endpoint == endpoint, unsafe last.pointee.local == local else { return false }
    unsafe last.pointee.byteCount &+= length
    if length < openLength { openLength = 0 }
    return true
  }

  @inline(never)
  private func startRun(_ length: Int, endpoint: Endpoint, local: LocalAddress) -> Bool {
    guard endRun < runCapacity else { return false }
    // SAFETY: endRun is within the allocated runs, used within the memory.
    unsafe (runs + endRun).initialize(
      to: FrameRun(start: memory + used, byteCount: length, frameLength: length, endpoint: endpoint, local: local))
    endRun += 1
    openLength = length
    return true
  }

  /// Drops the first frame and returns its length.
  @discardableResult
  func removeFirst() -> Int {
    guard frameCount > 0 else { return 0 }
    // SAFETY: there is a frame, so there is a first run.
    let run = unsafe runs + firstRun
    let length = unsafe min(run.pointee.frameLength, run.pointee.byteCount)
    if unsafe run.pointee.byteCount > length {
      unsafe run.pointee.start += length
      unsafe run.pointee.byteCount -= length
    } else {
      firstRun += 1
    }
    frameCount -= 1
    byteCount -= length
    if frameCount == 0 { removeAll() }
    return length
  }

  func removeAll() {
    used = 0
    firstRun = 0
    endRun = 0
    openLength = 0
    frameCount = 0
    byteCount = 0
  }
}
