import PilotConsole
import PilotTransport
import PilotWire

/// Finds out whether frames get from one node to another, before they are counted.
struct RouteProbe: Sendable {
  let node: BenchNode
  let destination: NodeID
  /// The payload's bytes.
  let length: Int

  /// How long a frame may take to find its way for the first time.
  private static let patience: Duration = .seconds(5)
  /// How often it is tried.
  private static let interval: Duration = .milliseconds(100)

  /// Sends frames that don't count, until one arrives.
  ///
  /// - Throws: A failure if none does.
  func run(until isReached: DeliveryGate) async throws {
    var payload = BenchPayload(length: length)
    payload.stamp(FloodTally.probe, at: 0)
    let probe = payload
    try await isReached.whileOpening(every: Self.interval) {
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      repeat {
        try Task.checkCancellation()
        guard MonotonicInstant.now() < end else {
          throw CommandFailure(
            "the beacon relays nothing between the nodes", hint: "a node's number may be taken; try again in a minute")
        }
        try node.send(probe, to: destination)
        await isReached.wait(until: 1)
      } while isReached.delivered == 0
    }
  }
}
