internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Room for the messages of one sendmmsg call. They point into the sender's frames; nothing is copied.
///
/// Frames of one length to one destination, from one local address, share a message, which the kernel cuts up, also when frames for others lie
/// between them in the batch: what a message sends is gathered from wherever it lies (`msg_iov`, sendmsg(2)).
///
/// Not safe to share: ``OutgoingMessagesPool`` lends it to one sender at a time.
@safe final class OutgoingMessages: @unchecked Sendable {  // Sendable because the pool hands it on as a whole
  /// Messages per call. More don't make the call cheaper per message.
  static let capacity = 64
  private static let piecesPerMessage = SegmentLimits.segmentsPerMessage

  /// What a message holds.
  struct Part {
    let destination: Endpoint
    /// Where it leaves from.
    let local: LocalAddress
    /// The length of each frame but the last.
    let frameLength: Int
    /// How many frames it may hold.
    let limit: Int
    var frames = 0
    var bytes = 0
    var pieces = 0
    /// Whether frames may still be added: until it is full, or a shorter one has ended it.
    var isOpen: Bool
  }

  private let messages: UnsafeMutablePointer<cpilot_udp_message>
  private let slots: UnsafeMutablePointer<cpilot_udp_slot>
  private let pieces: UnsafeMutablePointer<iovec>
  private let parts: UnsafeMutablePointer<Part>
  private var newest = DestinationIndex()
  private(set) var count = 0
  /// Whether a frame went into another message than the last one, so that the messages' frames are no longer in the
  /// batch's order.
  private(set) var isRegrouped = false

  init() {
    unsafe messages = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.capacity)
    unsafe pieces = .allocate(capacity: Self.capacity * Self.piecesPerMessage)
    unsafe parts = .allocate(capacity: Self.capacity)
    unsafe slots.initialize(repeating: cpilot_udp_slot(), count: Self.capacity)
    unsafe messages.initialize(repeating: cpilot_udp_message(), count: Self.capacity)
  }

  deinit {
    unsafe messages.deallocate()
    unsafe slots.deallocate()
    unsafe pieces.deallocate()
    unsafe parts.deallocate()
  }

  /// Which frames a message holds.
  subscript(index: Int) -> Part {
    precondition(index < count)
    // SAFETY: the parts below count are initialized.
    return unsafe parts[index]
  }

  /// Makes messages of the frames from the cursor on, until the room or the frames are used up, or one can't be sent.
  ///
  /// The frames that were taken are those between the cursor's old and new place.
  func fill(
    from runs: UnsafeBufferPointer<FrameRun>, at cursor: inout RunCursor, reach: SocketReach, limits: SegmentLimits,
    locals: LocalAddressTable?
  ) {
    count = 0
    isRegrouped = false
    newest.removeAll()
    while cursor.run < runs.count {
      // SAFETY: the cursor is within the runs; their memory is the batch's, which its sender borrows during the call.
      let run = unsafe runs[cursor.run]
      if unsafe !extend(with: run, at: &cursor) {
        guard count < Self.capacity else { break }
        let length = unsafe min(run.frameLength, run.byteCount - cursor.offset)
        guard unsafe reach.admits(run.endpoint, length: length) else { break }
        unsafe begin(for: run.endpoint, from: run.local, frameLength: length, limits: limits, family: reach.family)
        unsafe add(run, at: &cursor, to: count - 1)
      }
      if unsafe cursor.offset >= run.byteCount { cursor = RunCursor(run: cursor.run + 1) }
    }
    for index in 0..<count {
      // SAFETY: index is below count, and the pieces of each message are its own part of the array.
      let part = unsafe parts[index]
      unsafe cpilot_udp_outgoing_pieces(
        messages + index, slots + index, pieces + index * Self.piecesPerMessage, part.pieces,
        part.frames > 1 ? part.frameLength : 0, locals?.source(of: part.local))
    }
  }

  /// Adds frames of the run to the newest message for its destination, if that has room for them.
  private func extend(with run: FrameRun, at cursor: inout RunCursor) -> Bool {
    guard count > 0 else { return false }
    let last = count - 1
    var index = last
    // SAFETY: the parts below count are initialized, and the index holds only such.
    if unsafe parts[last].destination != run.endpoint {
      guard let found = unsafe newest.find(run.endpoint, matches: { unsafe parts[$0].destination == run.endpoint })
      else { return false }
      index = found
    }
    // A message from another address of this machine is no place for the frame, and neither is one before that message:
    // the frame would overtake it.
    guard unsafe parts[index].isOpen, unsafe parts[index].local == run.local, unsafe run.byteCount > 0
    else { return false }
    let left = unsafe run.byteCount - cursor.offset
    // The kernel cuts at one length: several frames must have just that, and one must not be longer.
    let length = unsafe parts[index].frameLength
    guard unsafe left <= run.frameLength ? left <= length : run.frameLength == length else { return false }
    if index != last { isRegrouped = true }
    unsafe add(run, at: &cursor, to: index)
    return true
  }

  private func begin(
    for destination: Endpoint, from local: LocalAddress, frameLength: Int, limits: SegmentLimits, family: CInt
  ) {
    let limit = limits.segments(of: frameLength, to: destination)
    // SAFETY: the caller made sure that count is below the capacity.
    unsafe (parts + count).initialize(
      to: Part(destination: destination, local: local, frameLength: frameLength, limit: limit, isOpen: true))
    var address = cpilot_udp_address(destination)
    unsafe cpilot_udp_outgoing(messages + count, slots + count, &address, family)
    newest.note(count, for: destination) { unsafe parts[$0].destination == destination }
    count += 1
  }

  /// Adds as many of the run's frames as fit.
  private func add(_ run: FrameRun, at cursor: inout RunCursor, to index: Int) {
    // SAFETY: index is below count; a message has no more pieces than frames, and no more frames than its limit.
    let part = unsafe parts + index
    let left = unsafe run.byteCount - cursor.offset
    let length = unsafe part.pointee.frameLength
    let room = unsafe (part.pointee.limit - part.pointee.frames)
    let bytes = min(left, length * room)
    let frames = bytes <= length ? 1 : (bytes + length - 1) / length
    unsafe pieces[index * Self.piecesPerMessage + part.pointee.pieces] = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: run.start + cursor.offset), iov_len: bytes)
    unsafe part.pointee.pieces += 1
    unsafe part.pointee.frames += frames
    unsafe part.pointee.bytes += bytes
    unsafe part.pointee.isOpen = part.pointee.frames < part.pointee.limit && bytes == frames * length && length > 0
    cursor.offset += bytes
  }

  /// Hands the messages from an index on to the kernel. Returns how many it took, or -errno.
  func send(from index: Int, on descriptor: CInt) -> CInt {
    // SAFETY: fill initialized the messages below count, and what they point to lives as long as the sender's batch.
    unsafe cpilot_udp_send_messages(descriptor, messages + index, CUnsignedInt(count - index))
  }

  /// Calls a closure with each frame of a message, in order.
  func forEachFrame(of index: Int, _ body: (RawSpan) -> Void) {
    let part = self[index]
    for piece in 0..<part.pieces {
      // SAFETY: fill set the message's pieces, and what they point to lives as long as the sender's batch.
      let memory = unsafe pieces[index * Self.piecesPerMessage + piece]
      let run = unsafe FrameRun(
        start: memory.iov_base, byteCount: memory.iov_len, frameLength: part.frameLength, endpoint: part.destination)
      unsafe run.forEachFrame { frame, _ in body(frame) }
    }
  }
}
