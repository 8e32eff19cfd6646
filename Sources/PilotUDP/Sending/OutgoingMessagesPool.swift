internal import Synchronization

/// Keeps the senders' message memory for the next batch: as many as senders were ever active at once, at most 16.
final class OutgoingMessagesPool: Sendable {
  private static let capacity = 16
  private let spare = Mutex<[OutgoingMessages]>([])

  func take() -> OutgoingMessages {
    spare.withLock { $0.popLast() } ?? OutgoingMessages()
  }

  func giveBack(_ messages: OutgoingMessages) {
    spare.withLock { if $0.count < Self.capacity { $0.append(messages) } }
  }
}
