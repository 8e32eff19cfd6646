internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Room for the messages of one sendmmsg call. They point into the sender's frames; nothing is copied.
///
/// Not safe to share: ``OutgoingMessagesPool`` lends it to one sender at a time.
@safe final class OutgoingMessages: @unchecked Sendable {  // Sendable because the pool hands it on as a whole
  /// Messages per call. More don't make the call cheaper per message.
  static let capacity = 64

  /// Which frames a message holds.
  struct Part {
    var start = RunCursor()
    var frames = 0
    var bytes = 0
    var frameLength = 0
    var destination = Endpoint(ipv4Address: 0, port: 0)
  }

  private let messages: UnsafeMutablePointer<cpilot_udp_message>
  private let slots: UnsafeMutablePointer<cpilot_udp_slot>
  private var parts = [Part](repeating: Part(), count: capacity)
  private(set) var count = 0

  init() {
    unsafe messages = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.capacity)
    unsafe slots.initialize(repeating: cpilot_udp_slot(), count: Self.capacity)
    unsafe messages.initialize(repeating: cpilot_udp_message(), count: Self.capacity)
  }

  deinit {
    unsafe messages.deallocate()
    unsafe slots.deallocate()
  }

  /// Makes messages of the frames from the cursor on, until the room or the frames are used up, or one can't be sent.
  ///
  /// Where `limits` allow it, neighbouring frames of a run become one message that the kernel cuts up.
  func fill(
    from runs: UnsafeBufferPointer<FrameRun>, at cursor: inout RunCursor, reach: SocketReach, limits: SegmentLimits
  ) {
    count = 0
    while count < Self.capacity, cursor.run < runs.count {
      // SAFETY: the cursor is within the runs; their memory is the batch's, which its sender borrows during the call.
      let run = unsafe runs[cursor.run]
      let left = unsafe run.byteCount - cursor.offset
      let length = unsafe min(run.frameLength, left)
      guard unsafe reach.admits(run.endpoint, length: length) else { return }
      let frames = unsafe min(run.framesLeft(from: cursor.offset), limits.segments(of: length, to: run.endpoint))
      let bytes = min(left, length * frames)
      unsafe parts[count] = Part(
        start: cursor, frames: frames, bytes: bytes, frameLength: length, destination: run.endpoint)
      var address = unsafe cpilot_udp_address(run.endpoint)
      unsafe cpilot_udp_outgoing(
        messages + count, slots + count, run.start + cursor.offset, bytes, length, &address, reach.family)
      count += 1
      cursor.offset += bytes
      if unsafe cursor.offset >= run.byteCount { cursor = RunCursor(run: cursor.run + 1) }
    }
  }

  /// Hands the messages from an index on to the kernel. Returns how many it took, or -errno.
  func send(from index: Int, on descriptor: CInt) -> CInt {
    // SAFETY: fill initialized the messages below count, and what they point to lives as long as the sender's batch.
    unsafe cpilot_udp_send_messages(descriptor, messages + index, CUnsignedInt(count - index))
  }

  /// Which frames a message holds.
  subscript(index: Int) -> Part { parts[index] }
}

extension FrameRun {
  fileprivate func framesLeft(from offset: Int) -> Int {
    let left = unsafe byteCount - offset
    return unsafe left <= frameLength ? 1 : (left + frameLength - 1) / frameLength
  }
}
