internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Sends frames and batches on a socket, from any number of threads at once.
final class DatagramSender: Sendable {
  private let socket: SocketDescriptor
  private let reach: SocketReach
  private let counters: UDPCounters
  private let errors: ErrorQueue
  private let limits: SegmentLimits
  private let locals: LocalAddressTable?
  private let pool: OutgoingMessagesPool
  private let turns = SharedTurns()
  /// How often a send is tried again that got an earlier frame's ICMP error. Once would do, but for other senders whose
  /// frames draw new ones meanwhile.
  private static let retries = 3

  init(
    socket: SocketDescriptor, reach: SocketReach, counters: UDPCounters, errors: ErrorQueue, limits: SegmentLimits,
    locals: LocalAddressTable?, pool: OutgoingMessagesPool = OutgoingMessagesPool()
  ) {
    self.socket = socket
    self.reach = reach
    self.counters = counters
    self.errors = errors
    self.limits = limits
    self.locals = locals
    self.pool = pool
  }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) {
    try send(RawSpan(), frame, to: destination)
  }

  /// Sends a frame of which the first bytes lie elsewhere. Inlined, so that they cost nothing where there are none.
  @inline(__always)
  func send(_ head: RawSpan, _ body: RawSpan, to destination: Endpoint) throws(TransportError) {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let length = head.byteCount + body.byteCount
    guard reach.admits(destination, length: length) else { throw reach.refusal(destination, length: length) }
    if turns.leave(head, body, to: destination) { return }
    try turns.take {
      () throws(TransportError) in
      try sendNow(head, body, to: destination, from: .any, on: descriptor)
    } flush: { batch in
      sendAll(of: batch, on: descriptor)
    }
  }

  /// Sends a frame from one of this machine's addresses. It shares no turn: answers that there are many of come in batches.
  func send(_ frame: RawSpan, to destination: Endpoint, from local: LocalAddress) throws(TransportError) {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let length = frame.byteCount
    guard reach.admits(destination, length: length) else { throw reach.refusal(destination, length: length) }
    settle(on: descriptor)
    try sendNow(RawSpan(), frame, to: destination, from: local, on: descriptor)
  }

  /// Inlined, so that what is about the local address falls away where there is none.
  @inline(__always)
  private func sendNow(
    _ head: RawSpan, _ body: RawSpan, to destination: Endpoint, from wanted: LocalAddress, on descriptor: CInt
  ) throws(TransportError) {
    let length = head.byteCount + body.byteCount
    var local = wanted
    var attempts = 0
    while true {
      let result = transmit(head, body, to: destination, from: local, on: descriptor)
      if result >= 0 {
        counters.addSent(1, bytes: length)
        if local != wanted { counters.addFromElsewhere() }
        return
      }
      let error = SystemError(-result)
      switch after(error, sending: length, to: destination, attempts: &attempts, on: descriptor) {
      case .again: continue
      case .full: throw .backpressure
      case .refused where local != .any && error.canBeAboutTheSource: local = .any
      case .refused(let known): throw error.sending(length, to: destination, pathMTU: known)
      }
    }
  }

  /// Sends frames whose senders have gone on: what the kernel doesn't take is dropped and counted. Never inlined, since a
  /// frame that nobody waits behind doesn't need it.
  @inline(never)
  private func sendAll(of batch: borrowing FrameBatch, on descriptor: CInt) {
    let taken = (try? sendFront(of: batch, on: descriptor)) ?? 0
    counters.addRefused(batch.count - taken)
  }

  @inline(__always)
  private func transmit(
    _ head: RawSpan, _ body: RawSpan, to destination: Endpoint, from local: LocalAddress, on descriptor: CInt
  ) -> CInt {
    var address = cpilot_udp_address(destination)
    return unsafe head.withUnsafeBytes { head in
      unsafe body.withUnsafeBytes { body in
        // SAFETY: the kernel copies the bytes before the call returns; nil with a count of 0 is an empty datagram. The
        // source lives as long as its table.
        unsafe cpilot_udp_send(
          descriptor, head.baseAddress, head.count, body.baseAddress, body.count, &address, reach.family,
          locals?.source(of: local))
      }
    }
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    settle(on: descriptor)
    return try sendFront(of: batch, on: descriptor)
  }

  /// Sees to it that what was left by now is sent.
  private func settle(on descriptor: CInt) {
    turns.settle { batch in sendAll(of: batch, on: descriptor) }
  }

  private func sendFront(of batch: borrowing FrameBatch, on descriptor: CInt) throws(TransportError) -> Int {
    let messages = pool.take()
    defer { pool.giveBack(messages) }
    // SAFETY: the batch is borrowed until the end of this function, so its runs stay as they are.
    let runs = unsafe batch.runs
    var cursor = RunCursor()
    var taken = 0
    while cursor.run < runs.count {
      unsafe messages.fill(from: runs, at: &cursor, reach: reach, limits: limits, locals: locals)
      if messages.count == 0 {
        if taken > 0 { return taken }
        throw unsafe reach.refusal(runs[cursor.run].endpoint, length: runs[cursor.run].frameLength)
      }
      if transmit(messages, on: descriptor, taken: &taken) { continue }
      if taken > 0 { return taken }
      throw .backpressure
    }
    return taken
  }

  /// Sends all messages, and adds to `taken` the frames that were sent, or dropped and counted.
  ///
  /// - Returns: False if a full buffer ended it early.
  private func transmit(_ messages: OutgoingMessages, on descriptor: CInt, taken: inout Int) -> Bool {
    var next = 0
    var attempts = 0
    while next < messages.count {
      let result = messages.send(from: next, on: descriptor)
      if result > 0 {
        let end = next + Int(result)
        taken += countSent(messages, next..<end)
        next = end
        attempts = 0
        continue
      }
      let error = SystemError(-result)
      let refused = messages[next]
      switch after(
        error, sending: refused.frameLength, to: refused.destination, attempts: &attempts, on: descriptor)
      {
      case .again:
        continue
      case .full:
        // Frames behind the refused ones may have been sent already, so these can't go again in their place.
        if next > 0, messages.isRegrouped { taken += countRefused(messages, next..<messages.count) }
        return false
      case .refused:
        let message = messages[next]
        if message.frames > 1 || message.local != .any && error.canBeAboutTheSource {
          // Either the kernel or the device can't cut this up, or the address that it was to leave from is gone: the same
          // frames go again, one message each, and the first tells which it was.
          if sendSingly(messages, next, on: descriptor) {
            limits.refused(message.frameLength, to: message.destination, because: error)
          }
        } else {
          counters.addRefused(1)
        }
        taken += message.frames
        next += 1
        attempts = 0
      }
    }
    return true
  }

  /// Sends the frames of one message by themselves; what the kernel refuses is dropped and counted.
  ///
  /// - Returns: Whether they left from where they were to: if so, it was not the source that the kernel had refused.
  private func sendSingly(_ messages: OutgoingMessages, _ index: Int, on descriptor: CInt) -> Bool {
    let (destination, wanted) = (messages[index].destination, messages[index].local)
    var local = wanted
    messages.forEachFrame(of: index) { frame in
      var attempts = 0
      while true {
        let result = transmit(RawSpan(), frame, to: destination, from: local, on: descriptor)
        if result >= 0 {
          if local != wanted { counters.addFromElsewhere() }
          return counters.addSent(1, bytes: frame.byteCount)
        }
        let error = SystemError(-result)
        switch after(error, sending: frame.byteCount, to: destination, attempts: &attempts, on: descriptor) {
        case .again: continue
        case .refused where local != .any && error.canBeAboutTheSource: local = .any
        case .full, .refused: return counters.addRefused(1)
        }
      }
    }
    return local == wanted
  }

  private func countRefused(_ messages: OutgoingMessages, _ range: Range<Int>) -> Int {
    let frames = range.reduce(0) { $0 + messages[$1].frames }
    counters.addRefused(frames)
    return frames
  }

  private func countSent(_ messages: OutgoingMessages, _ range: Range<Int>) -> Int {
    var frames = 0
    var bytes = 0
    for index in range {
      frames += messages[index].frames
      bytes += messages[index].bytes
    }
    counters.addSent(frames, bytes: bytes)
    return frames
  }

  private enum AfterError {
    case again, full
    /// - Parameter pathMTU: How long packets may be, if the frame was longer and the kernel has said so.
    case refused(pathMTU: PathMTU?)
  }

  private func after(
    _ error: SystemError, sending length: Int, to destination: Endpoint, attempts: inout Int, on descriptor: CInt
  ) -> AfterError {
    if error.isInterruption { return .again }
    if error.isBackpressure { return .full }
    guard error.canBeLeftByICMP else { return .refused(pathMTU: nil) }
    let known = errors.drain(descriptor, sendingTo: destination)
    // The report may be about another sender's frame: it is about this one if this one is too long for it.
    if error.isFrameTooLong, let known, length > known.maximumFrameLength(to: destination) {
      return .refused(pathMTU: known)
    }
    attempts += 1
    if attempts <= Self.retries { return .again }
    if error.isNeverAboutThisSend { return .full }
    // The reader of the socket reads the reports, too, and was faster each time.
    return .refused(pathMTU: error.isFrameTooLong ? errors.lastSaid(of: destination) : nil)
  }
}
