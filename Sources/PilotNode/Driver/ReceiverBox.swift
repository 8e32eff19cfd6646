import PilotTransport
import Synchronization

/// A node's receiver, until somebody asks for it.
final class ReceiverBox: Sendable {
  private let content: Mutex<NodeReceiver?>

  init(_ receiver: consuming NodeReceiver) {
    content = Mutex(receiver)
  }

  /// - Throws: `.receiverTaken` from the second call on.
  func take() throws(TransportError) -> NodeReceiver {
    guard let receiver = content.withLock({ $0.take() }) else { throw .receiverTaken }
    return receiver
  }

  func giveBack(_ receiver: consuming NodeReceiver) {
    var receiver: NodeReceiver? = receiver
    content.withLock { $0 = receiver.take() }
  }
}
