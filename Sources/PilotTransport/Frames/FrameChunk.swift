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
  /// Whether the last run takes more frames: until a shorter one has ended it.
  private var lastRunIsOpen = false
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
  func append(_ head: RawSpan, _ body: RawSpan, endpoint: Endpoint, local: LocalAddress = .any) -> Bool {
    let length = head.byteCount + body.byteCount
    guard used + length <= capacity else { return false }
    guard
      extendLastRun(by: length, endpoint: endpoint, local: local)
        || startRun(length, endpoint: endpoint, local: local)
    else { return false }
    copy(head)
    copy(body)
    frameCount += 1
    byteCount += length
    return true
  }

  private func copy(_ bytes: RawSpan) {
    // SAFETY: append made sure that the room is there; source and destination are different allocations.
    unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress, source.count > 0 else { return }
      unsafe (memory + used).copyMemory(from: base, byteCount: source.count)
    }
    used += bytes.byteCount
  }

  /// A run takes frames of its length, and one shorter one, which ends it.
  private func extendLastRun(by length: Int, endpoint: Endpoint, local: LocalAddress) -> Bool {
    guard endRun > firstRun, length > 0 else { return false }
    // SAFETY: endRun - 1 is within the initialized runs.
    let last = unsafe runs + (endRun - 1)
    guard lastRunIsOpen, unsafe length <= last.pointee.frameLength, unsafe last.pointee.endpoint == endpoint,
      unsafe last.pointee.local == local
    else { return false }
    unsafe last.pointee.byteCount += length
    lastRunIsOpen = unsafe length == last.pointee.frameLength
    return true
  }

  private func startRun(_ length: Int, endpoint: Endpoint, local: LocalAddress) -> Bool {
    guard endRun < runCapacity else { return false }
    // SAFETY: endRun is within the allocated runs, used within the memory.
    unsafe (runs + endRun).initialize(
      to: FrameRun(start: memory + used, byteCount: length, frameLength: length, endpoint: endpoint, local: local))
    endRun += 1
    lastRunIsOpen = length > 0
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
    frameCount = 0
    byteCount = 0
  }
}
