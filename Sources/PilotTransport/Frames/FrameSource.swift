import Synchronization

/// Where a ``Receiver`` gets its frames from: the receiving half of a transport's implementation.
///
/// ``FrameQueue`` is one that suits most transports; one that reads from a socket by itself conforms to this protocol.
public protocol FrameSource: AnyObject, Sendable {
  /// Whether the transport is closed.
  var life: TransportLife { get }

  /// Waits until there is at least one frame and lends all that are there.
  ///
  /// Called by one task at a time. The memory must stay unchanged until the next call, and until the source is
  /// deinitialized, also after close.
  ///
  /// - Throws: `.closed` once the transport is closed, also when that happens during the wait; `.cancelled` when the
  ///   task is cancelled during the wait.
  func nextFrames() async throws(TransportError) -> LentFrames

  /// Has the ``nextFrames()`` that waits, or else the next one that would have to, return without frames: the reader has
  /// something else to look at. From any thread; interruptions that nobody has seen yet are one.
  func interrupt()
}

/// Whether a transport is live or closed, shared by its parts.
public final class TransportLife: Sendable {
  private let closed = Atomic<Bool>(false)
  private let receiverTaken = Atomic<Bool>(false)

  /// Begins life.
  public init() {}

  /// Whether `close()` was called.
  public var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// Ends life.
  /// - Returns: Whether this call did it. The one for which it is true does the closing.
  public func end() -> Bool { !closed.exchange(true, ordering: .acquiringAndReleasing) }

  /// Claims the one receiver.
  public func takeReceiver() throws(TransportError) {
    if isClosed { throw .closed }
    if receiverTaken.exchange(true, ordering: .acquiringAndReleasing) { throw .receiverTaken }
  }
}
