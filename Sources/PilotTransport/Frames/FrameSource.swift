/// Where a ``Receiver`` gets its frames from: the receiving half of a transport's implementation.
///
/// ``FrameQueue`` is one that suits most transports; one that reads from a socket by itself conforms to this protocol.
///
/// One task at a time calls its methods. The frames that it lends stay unchanged in memory until the next call of
/// ``nextFrames()`` or ``takeFrames()``, and until the source is deinitialized, also after close.
public protocol FrameSource: AnyObject, Sendable {
  /// Whether the transport is closed.
  var life: TransportLife { get }

  /// Waits until there is at least one frame and lends all that are there.
  ///
  /// Who implements only the other two methods gets this one. It is a requirement because a source that waits by itself
  /// can wait for less.
  ///
  /// - Throws: `.closed` once the transport is closed, also when that happens during the wait; `.cancelled` when the
  ///   task is cancelled during the wait.
  func nextFrames() async throws(TransportError) -> LentFrames

  /// Has the ``nextFrames()`` that waits, or else the next one that would have to, return without frames: the reader has
  /// something else to look at. From any thread; interruptions that nobody has seen yet are one.
  ///
  /// Who has ``nextFrames()`` from this protocol calls the closure that ``onReadable(_:)`` was given last; if there is
  /// none, the next one at once.
  func interrupt()

  /// Lends the frames that are there, without waiting for any: what merging sources takes (``Receiver/merging(_:_:)``).
  ///
  /// - Returns: Nil when there are none, or when finding out would cost as much as to wait. Then ``onReadable(_:)`` tells
  ///   when it is worth another call.
  /// - Throws: `.closed` once the transport is closed.
  func takeFrames() throws(TransportError) -> LentFrames?

  /// Has a closure called once, when ``takeFrames()`` may give something else than nil: frames have come, or the transport
  /// is closed. At once, if that is so already.
  ///
  /// It may be called when nothing is there. It takes the place of the closure given before, which then isn't called.
  ///
  /// - Parameter wake: Called on any thread, possibly before this returns. It must not call the source.
  func onReadable(_ wake: @escaping @Sendable () -> Void)
}

extension FrameSource {
  /// Takes frames, or else waits until there may be some. None come when it was woken for something else.
  public func nextFrames() async throws(TransportError) -> LentFrames {
    if let lent = try unsafe takeFrames() { return unsafe lent }
    let signal = ReadySignal()
    onReadable { signal.raise() }
    guard await signal.wait() else { throw .cancelled }
    return try unsafe takeFrames() ?? .none
  }
}
