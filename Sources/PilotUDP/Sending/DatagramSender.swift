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
  private let pool = OutgoingMessagesPool()
  /// How often a send is tried again that got an earlier frame's ICMP error. Once would do, but for other senders whose
  /// frames draw new ones meanwhile.
  private static let retries = 3

  init(socket: SocketDescriptor, reach: SocketReach, counters: UDPCounters, errors: ErrorQueue, limits: SegmentLimits) {
    self.socket = socket
    self.reach = reach
    self.counters = counters
    self.errors = errors
    self.limits = limits
  }

  func send(_ frame: RawSpan, to destination: Endpoint) throws(TransportError) -> Int {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let length = frame.byteCount
    guard reach.admits(destination, length: length) else { throw reach.refusal(destination, length: length) }
    var attempts = 0
    while true {
      let result = transmit(frame, to: destination, on: descriptor)
      if result >= 0 {
        counters.addSent(1, bytes: length)
        return length
      }
      let error = SystemError(-result)
      switch after(error, attempts: &attempts, on: descriptor) {
      case .again: continue
      case .full: throw .backpressure
      case .refused: throw error.sending(length, to: destination)
      }
    }
  }

  @inline(__always)
  private func transmit(_ frame: RawSpan, to destination: Endpoint, on descriptor: CInt) -> CInt {
    var address = cpilot_udp_address(destination)
    return unsafe frame.withUnsafeBytes { bytes in
      // SAFETY: the kernel copies the bytes before the call returns; nil with a count of 0 is an empty datagram.
      unsafe cpilot_udp_send(descriptor, bytes.baseAddress, bytes.count, &address, reach.family)
    }
  }

  func send(contentsOf batch: borrowing FrameBatch) throws(TransportError) -> Int {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let messages = pool.take()
    defer { pool.giveBack(messages) }
    // SAFETY: the batch is borrowed until the end of this function, so its runs stay as they are.
    let runs = unsafe batch.runs
    var cursor = RunCursor()
    var taken = 0
    while cursor.run < runs.count {
      unsafe messages.fill(from: runs, at: &cursor, reach: reach, limits: limits)
      if messages.count == 0 {
        if taken > 0 { return taken }
        throw unsafe reach.refusal(runs[cursor.run].endpoint, length: runs[cursor.run].frameLength)
      }
      switch transmit(messages, on: descriptor, taken: &taken) {
      case .done: continue
      case .resume(let place): cursor = place
      case .full where taken > 0: return taken
      case .full: throw .backpressure
      }
    }
    return taken
  }

  private enum Transmitted {
    /// Each message was sent, or dropped and counted.
    case done
    /// Make messages anew from here on.
    case resume(at: RunCursor)
    case full
  }

  private func transmit(_ messages: OutgoingMessages, on descriptor: CInt, taken: inout Int) -> Transmitted {
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
      switch after(error, attempts: &attempts, on: descriptor) {
      case .again: continue
      case .full: return .full
      case .refused where messages[next].frames > 1:
        // The kernel or the device can't cut this up: the same frames go again, one message each.
        let part = messages[next]
        limits.refused(part.frameLength, to: part.destination, because: error)
        return .resume(at: part.start)
      case .refused:
        counters.addRefused()
        taken += 1
        next += 1
        attempts = 0
      }
    }
    return .done
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

  private enum AfterError { case again, full, refused }

  private func after(_ error: SystemError, attempts: inout Int, on descriptor: CInt) -> AfterError {
    if error.isInterruption { return .again }
    if error.isBackpressure { return .full }
    guard error.canBeLeftByICMP else { return .refused }
    errors.drain(descriptor)
    attempts += 1
    if attempts <= Self.retries { return .again }
    return error.isNeverAboutThisSend ? .full : .refused
  }
}
