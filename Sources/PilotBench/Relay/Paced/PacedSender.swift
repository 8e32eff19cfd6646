import PilotTransport
import PilotWire

/// Sends frames one by one at a rate, whatever becomes of them.
struct PacedSender: Sendable {
  let node: BenchNode
  let destination: NodeID
  /// The payload's bytes.
  let length: Int
  /// Frames per second.
  let rate: Int

  /// The least time that the sender sleeps: shorter sleeps last as long. At higher rates several frames leave at once.
  private static let nap: UInt64 = 1_000_000

  /// Sends until the time is over, or the task is cancelled.
  ///
  /// - Returns: How many frames the transport took.
  func send(for duration: Duration) async throws -> Int {
    var payload = BenchPayload(length: length)
    var pacer = Pacer(rate: rate)
    var sent = 0
    let start = MonotonicInstant.now()
    let end = start.advanced(by: duration)
    var now = start
    while now < end, !Task.isCancelled {
      for _ in 0..<pacer.due(after: now.nanoseconds - start.nanoseconds) {
        payload.stamp(UInt64(sent), at: MonotonicInstant.now().nanoseconds)
        do throws(TransportError) {
          try node.send(payload, to: destination)
          sent += 1
        } catch {
          // A datagram that finds a queue full isn't sent, and the next one is another.
          guard error.code == .backpressure else { throw error }
        }
      }
      let elapsed = MonotonicInstant.now().nanoseconds - start.nanoseconds
      let wait = max(pacer.next > elapsed ? pacer.next - elapsed : 0, Self.nap)
      try? await Task.sleep(for: .nanoseconds(Int64(wait)), tolerance: .zero)
      now = .now()
    }
    return sent
  }
}
