import PilotTransport
import PilotWire

/// A peer that is connected, and does nothing until it is told to.
struct IdlePeer: Sendable {
  let node: BenchNode

  /// Frames that a peer sends to itself.
  static let frames = 10
  /// How long one may be missing before it is sent again.
  private static let patience: Duration = .seconds(1)

  /// Relays frames to itself through the beacon, each when the one before has come back. Once only.
  func exchange(length: Int) async throws {
    let (gate, isReached) = (DeliveryGate(), DeliveryGate())
    let tally = FloodTally(sender: node.id, length: length, gate: gate, isReached: isReached)
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { _ = try await node.serve(tally) }
      try await gate.whileOpening(every: Self.patience) {
        var payload = BenchPayload(length: length)
        while gate.delivered < Self.frames {
          try Task.checkCancellation()
          let number = gate.delivered
          payload.stamp(UInt64(number), at: 0)
          try node.send(payload, to: node.id)
          await gate.wait(until: number + 1)
        }
      }
    }
  }
}
