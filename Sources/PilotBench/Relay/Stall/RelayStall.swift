import PilotTransport
import PilotWire

/// Round trips between two peers, without and with a third one that is sent frames and reads nothing.
struct RelayStall: Sendable {
  let cell: BenchCell
  /// The payload's bytes.
  let length: Int
  /// Frames per second to the one that reads nothing.
  let rate: Int
  let duration: Duration

  /// Pings are thought to be asked so often, when one takes longer.
  private static let interval: Duration = .milliseconds(1)
  /// How long frames are sent to the one that reads nothing before pings are measured: until all buffers on the way are
  /// full.
  private static let head: Duration = .seconds(1)

  /// The third peer's carrier: that of the cell, if it is no UDP.
  var hungCarrier: BenchCarrier { cell.carriers.contains(.ws) ? .ws : .wss }

  /// Measures both.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> StallResult {
    let pings = PingPong(cell: cell, length: length, duration: duration, interval: Self.interval)
    let calm = try await pings.run(at: beacon, numbers: numbers)
    let hung = try await HungPeer.start(hungCarrier, at: beacon, numbers)
    defer { hung.end() }
    let flooder = try await beacon.open(beacon.udp == nil ? hungCarrier : .udp, numbers)
    defer { flooder.leave() }
    let stalled = try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { _ = try await flooder.serve(IgnoredDeliveries()) }
      try await flooder.awaitReady()
      let flood = PacedSender(node: flooder, destination: hung.id, length: length, rate: rate)
      _ = try await flood.send(for: Self.head)
      group.addTask {
        _ = try await withTaskExecutorPreference(flooder.executor) { try await flood.send(for: .seconds(86_400)) }
      }
      return try await pings.run(at: beacon, numbers: numbers)
    }
    return StallResult(cell: cell, hung: hungCarrier, length: length, rate: rate, calm: calm, stalled: stalled)
  }
}
