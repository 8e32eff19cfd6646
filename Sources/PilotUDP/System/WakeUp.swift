internal import CPilotUDP
internal import PilotTransport

/// Ends another thread's poll: an eventfd on Linux, else a pipe.
final class WakeUp: Sendable {
  /// What to poll.
  let waiting: CInt
  private let signalling: CInt

  init() throws(TransportError) {
    var waiting: CInt = -1
    var signalling: CInt = -1
    // SAFETY: the function writes two descriptors through the pointers.
    let result = unsafe cpilot_udp_wakeup_open(&waiting, &signalling)
    guard result == 0 else {
      let error = SystemError(-result)
      throw TransportError(
        code: .system, message: "no descriptor for the wake-up", cause: error, retry: error.opensLater)
    }
    self.waiting = waiting
    self.signalling = signalling
  }

  deinit {
    _ = cpilot_udp_close(waiting)
    if signalling != waiting { _ = cpilot_udp_close(signalling) }
  }

  /// Makes ``waiting`` readable.
  func signal() { cpilot_udp_wakeup_signal(signalling) }

  /// Makes ``waiting`` unreadable.
  func clear() { cpilot_udp_wakeup_clear(waiting) }
}
