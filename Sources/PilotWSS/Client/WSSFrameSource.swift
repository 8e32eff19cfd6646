import PilotTransport

/// The queue of received frames as the receiver has it: it keeps the transport, and with it the connection, alive.
final class WSSFrameSource: FrameSource {
  private let transport: WSSTransport
  private let queue: FrameQueue

  init(transport: WSSTransport, queue: FrameQueue) {
    self.transport = transport
    self.queue = queue
  }

  var life: TransportLife { queue.life }

  func interrupt() { queue.interrupt() }

  func nextFrames() async throws(TransportError) -> LentFrames {
    unsafe try await queue.nextFrames()
  }

  func takeFrames() throws(TransportError) -> LentFrames? {
    unsafe try queue.takeFrames()
  }

  func onReadable(_ wake: @escaping @Sendable () -> Void) {
    queue.onReadable(wake)
  }
}
