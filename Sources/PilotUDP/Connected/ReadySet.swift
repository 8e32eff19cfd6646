internal import CPilotUDP
internal import PilotTransport

/// Sockets of which those are found that there is something to read on: epoll(7), or poll(2) where there is none.
@safe
final class ReadySet: @unchecked Sendable {  // the C functions may be called from any thread, at the same time
  /// How many are found at a time.
  static let longestAnswer = Int(cpilot_udp_set_longest_answer)

  private let set: OpaquePointer
  #if os(Linux) && !CPILOT_UDP_PLAIN
    /// Whether who waits has to be woken when a socket is added.
    let mustBeWokenForNews = false
  #else
    let mustBeWokenForNews = true
  #endif

  /// - Parameter wakeUp: Ends a wait.
  init(_ wakeUp: WakeUp) throws(TransportError) {
    guard let set = unsafe cpilot_udp_set_open(wakeUp.waiting) else {
      throw TransportError(code: .system, message: "no descriptor to wait for sockets with", retry: .later(after: nil))
    }
    unsafe self.set = set
  }

  deinit { unsafe cpilot_udp_set_close(set) }

  /// Watches a socket, by this number.
  func add(_ socket: SocketDescriptor, as number: UInt64) throws(TransportError) {
    guard let descriptor = socket.enter() else { throw .closed }
    defer { socket.leave() }
    let result = unsafe cpilot_udp_set_add(set, descriptor, number)
    guard result >= 0 else {
      let error = SystemError(-result)
      throw TransportError(
        code: .system, message: "can't wait for one more socket", cause: error, retry: error.opensLater)
    }
  }

  /// Watches it no more. Before it is closed.
  func remove(_ socket: SocketDescriptor) {
    guard let descriptor = socket.enter() else { return }
    defer { socket.leave() }
    unsafe cpilot_udp_set_remove(set, descriptor)
  }

  /// Waits until there is something to read, or for the wake-up.
  ///
  /// - Parameter numbers: The sockets' numbers, of which as many are right as are returned.
  func wait(_ numbers: inout [UInt64], _ wakeUp: WakeUp) -> Int {
    let room = CInt(numbers.count)
    // SAFETY: the function writes at most as many numbers as there is room for.
    let count = unsafe numbers.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return CInt(0) }
      return unsafe cpilot_udp_set_wait(set, base, room)
    }
    let found = Int(max(count, 0))
    if numbers[..<found].contains(UInt64.max) { wakeUp.clear() }
    return found
  }
}
