internal import PilotTransport
internal import PilotWire
internal import Synchronization

/// How long the segments may be that the kernel is asked to cut (UDP_SEGMENT), and where it failed to.
///
/// It refuses segments longer than the path's MTU (EINVAL, EMSGSIZE), and some devices can't do the checksums (EIO). That
/// shows only when it is tried, and holds for a destination: the others keep their speed.
final class SegmentLimits: Sendable {
  /// UDP_MAX_SEGMENTS in Linux's include/linux/udp.h, before 6.11.
  static let segmentsPerMessage = 64
  /// How many destinations are remembered. At more, all are tried anew.
  static let capacity = 1_024

  /// Whether this kernel segments at all.
  let isAvailable: Bool
  private let hasExceptions = Atomic<Bool>(false)
  private let exceptions = Mutex<[Endpoint: Int]>([:])

  init(isAvailable: Bool) {
    self.isAvailable = isAvailable
  }

  /// How many frames of this length may go to this destination as one message.
  func segments(of length: Int, to destination: Endpoint) -> Int {
    guard isAvailable, length > 0 else { return 1 }
    if hasExceptions.load(ordering: .acquiring) {
      let longest = exceptions.withLock { $0[destination] }
      if let longest, length > longest { return 1 }
    }
    return max(min(Self.segmentsPerMessage, SocketReach.longestIPv4Frame / length), 1)
  }

  /// The kernel refused segments of this length to this destination, with this error.
  func refused(_ length: Int, to destination: Endpoint, because error: SystemError) {
    exceptions.withLock {
      if $0.count >= Self.capacity { $0.removeAll() }
      $0[destination] = error.isAboutLength ? min(length - 1, $0[destination] ?? .max) : 0
    }
    hasExceptions.store(true, ordering: .releasing)
  }
}
