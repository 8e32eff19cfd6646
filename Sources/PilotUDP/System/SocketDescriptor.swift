internal import CPilotUDP
internal import Synchronization

/// Owns a socket's descriptor, and closes it when nobody is in a system call with it.
///
/// A descriptor that is closed under a running call can be given to another file by then, and the call goes there. So
/// calls are bracketed by ``enter()`` and ``leave()``; after ``close()`` nobody enters, and the last one out closes.
final class SocketDescriptor: Sendable {
  private let descriptor: CInt
  /// How many are inside, and `closedBit`.
  private let users = Atomic<Int>(0)
  private let released = Atomic<Bool>(false)
  private static let closedBit = 1 << 62

  init(owning descriptor: CInt) {
    self.descriptor = descriptor
  }

  deinit { release() }

  /// The descriptor, for use until ``leave()``, or nil after ``close()``.
  @inline(__always)
  func enter() -> CInt? {
    if users.wrappingAdd(1, ordering: .acquiring).newValue & Self.closedBit == 0 { return descriptor }
    leave()
    return nil
  }

  /// Ends what ``enter()`` began, if it returned a descriptor.
  @inline(__always)
  func leave() {
    if users.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == Self.closedBit { release() }
  }

  /// Lets nobody in anymore. Calls under way end in their own time: none of them blocks, but the poll, which its owner
  /// wakes.
  func close() {
    if users.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing).newValue == Self.closedBit { release() }
  }

  /// A late ``enter()`` can bring the count to zero a second time.
  private func release() {
    if !released.exchange(true, ordering: .acquiringAndReleasing) { _ = cpilot_udp_close(descriptor) }
  }
}
