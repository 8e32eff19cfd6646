/// Signatures that wait to be verified, away from the threads that relay: a verification takes as long as relaying twenty
/// frames.
///
/// Bounded: what finds it full is refused, and counted by the router.
final class VerificationQueue: Sendable {
  /// How many wait at most.
  static let capacity = 256

  /// What waits, for one consumer. It ends with the consumer's task.
  let jobs: AsyncStream<VerificationJob>
  private let continuation: AsyncStream<VerificationJob>.Continuation

  init() {
    (jobs, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
  }

  /// From any thread.
  /// - Returns: Whether there was room.
  func submit(_ job: VerificationJob) -> Bool {
    if case .enqueued = continuation.yield(job) { return true }
    return false
  }
}
