internal import CPilotUDP
internal import PilotTransport
internal import PilotWire

/// Memory for the datagrams of one recvmmsg call, and what came with them. Not safe to share: its owner sees to that.
@safe final class IncomingMessages {
  /// Messages per call. At 64 KiB each that is 1 MiB; 64 messages measured no differently on loopback, beyond the noise.
  static let capacity = 16
  /// Lets the buffers start in different cache sets, so that the headers of short datagrams need not share one. The effect
  /// has not been measured.
  private static let stagger = 64 * 17

  private let memory: UnsafeMutableRawPointer
  private let bufferLength: Int
  private let messages: UnsafeMutablePointer<cpilot_udp_message>
  private let slots: UnsafeMutablePointer<cpilot_udp_slot>
  private let runs: UnsafeMutablePointer<FrameRun>
  /// How many messages the last call used, whose lengths have to be set again.
  private var used = 0
  /// Whether the last call used all messages, so that there may well be more.
  var isFull: Bool { used == Self.capacity }
  /// What the kernel has said last of how many datagrams it dropped: the socket's, for who reads several.
  var dropsSeen: UInt32 = 0
  /// Nil for a socket that has one address only, or isn't told.
  private let locals: LocalAddressReader?

  /// - Parameters:
  ///   - bufferLength: Room for each datagram, in bytes. Memory that no datagram has touched costs nothing.
  ///   - locals: Knows the addresses that datagrams are written to.
  init(bufferLength: Int, locals: LocalAddressReader?) {
    self.bufferLength = bufferLength
    self.locals = locals
    let stride = (bufferLength + 63) / 64 * 64 + Self.stagger
    unsafe memory = .allocate(byteCount: stride * Self.capacity, alignment: 64)
    unsafe messages = .allocate(capacity: Self.capacity)
    unsafe slots = .allocate(capacity: Self.capacity)
    unsafe runs = .allocate(capacity: Self.capacity)
    for index in 0..<Self.capacity {
      // SAFETY: each index is within what was just allocated, and the function initializes all of both structures.
      unsafe cpilot_udp_incoming(messages + index, slots + index, memory + index * stride, bufferLength)
    }
  }

  deinit {
    unsafe memory.deallocate()
    unsafe messages.deallocate()
    unsafe slots.deallocate()
    unsafe runs.deallocate()
  }

  /// Takes what is there. Returns the number of messages, or -errno.
  func receive(on descriptor: CInt) -> CInt {
    // SAFETY: used is within the messages, all of which are initialized and point to memory of this object.
    for index in 0..<used { unsafe cpilot_udp_incoming_again(messages + index) }
    let result = unsafe cpilot_udp_receive_messages(descriptor, messages, CUnsignedInt(Self.capacity))
    used = Int(max(result, 0))
    return result
  }

  /// The received frames, without the datagrams that are none. Drops are counted here, frames are not.
  func frames(counting counters: UDPCounters) -> LentFrames {
    var runCount = 0
    var frameCount = 0
    for index in 0..<used {
      // SAFETY: index is within the messages, which the kernel has filled in up to used.
      let message = unsafe messages + index
      let (segment, local) = unsafe readControl(of: message, counting: counters)
      if unsafe cpilot_udp_is_truncated(message) {
        counters.addTruncated()
        continue
      }
      let length = unsafe Int(message.pointee.length)
      // shutdown() by somebody else wakes a receive with a message that has neither bytes nor a source.
      if unsafe length == 0 && message.pointee.header.msg_namelen == 0 { continue }
      let run = unsafe FrameRun(
        start: slots[index].bytes.iov_base, byteCount: length, frameLength: segment > 0 ? segment : length,
        endpoint: Endpoint(cpilot_udp_source(message)), local: local)
      if local == .any, locals != nil { unsafe counters.addWithoutLocal(run.frameCount) }
      unsafe (runs + runCount).initialize(to: run)
      runCount += 1
      frameCount += unsafe run.frameCount
    }
    return unsafe LentFrames(runs: UnsafeBufferPointer(start: runs, count: runCount), frames: frameCount)
  }

  /// Counts what the kernel says it dropped, and returns the length of coalesced datagrams, 0 for a single one, and the
  /// address that it was written to.
  @inline(__always)
  private func readControl(
    of message: UnsafeMutablePointer<cpilot_udp_message>, counting counters: UDPCounters
  ) -> (segment: Int, local: LocalAddress) {
    guard unsafe message.pointee.header.msg_controllen > 0 else { return (0, .any) }
    let control = unsafe cpilot_udp_control(message)
    if control.has_drops, control.drops != dropsSeen {
      counters.addKernelDrops(control.drops &- dropsSeen)
      dropsSeen = control.drops
    }
    let local = control.has_local ? locals?.number(of: control.local) ?? .any : .any
    return (Int(control.segment), local)
  }
}
