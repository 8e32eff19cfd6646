import PilotTransport
import NIOCore
import Synchronization

/// The dispatchers of a listener, one for each event loop, made when its first connection comes.
final class WSSInboundLoops: Sendable {
  private let make: @Sendable (Int) -> WSSInbound
  private let known = Mutex<[ObjectIdentifier: NIOLoopBound<WSSInbound>]>([:])

  /// - Parameter make: Makes the dispatcher of one more event loop, which gets its number.
  init(_ make: @escaping @Sendable (Int) -> WSSInbound) {
    self.make = make
  }

  /// On the event loop only.
  func dispatcher(for loop: any EventLoop) -> WSSInbound {
    let bound = known.withLock { known in
      if let bound = known[ObjectIdentifier(loop)] { return bound }
      let bound = NIOLoopBound(make(known.count), eventLoop: loop)
      known[ObjectIdentifier(loop)] = bound
      return bound
    }
    return bound.value
  }
}
