import PilotTransport
import PilotWire

/// How long frames take through a beacon, when they come at a rate.
struct RelayPaced: Sendable {
  let cell: BenchCell
  /// The payload's bytes.
  let length: Int
  /// Frames per second.
  let rate: Int
  let duration: Duration

  /// How long nothing may come behind the last frame sent.
  private static let silence = Silence(limit: .milliseconds(300))

  /// Measures with two new nodes.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> PacedResult {
    let sender = try await beacon.open(cell.from, numbers)
    let receiver = try await beacon.open(cell.to, numbers)
    defer {
      sender.leave()
      receiver.leave()
    }
    let (gate, isReached) = (DeliveryGate(), DeliveryGate())
    let latencies = PacedTally(
      tally: FloodTally(sender: sender.id, length: length, gate: gate, isReached: isReached))
    return try await withThrowingTaskGroup(of: PacedTally?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await receiver.serve(latencies) }
      group.addTask {
        _ = try await sender.serve(IgnoredDeliveries())
        return nil
      }
      try await sender.awaitReady()
      try await receiver.awaitReady()
      try await RouteProbe(node: sender, destination: receiver.id, length: length).run(until: isReached)
      let pacing = PacedSender(node: sender, destination: receiver.id, length: length, rate: rate)
      let sent = try await withTaskExecutorPreference(sender.executor) { try await pacing.send(for: duration) }
      _ = await Self.silence.end(of: { gate.delivered }, expected: sent)
      try Task.checkCancellation()
      group.cancelAll()
      var times = LatencyHistogram()
      while let tally = try await group.next() {
        if let tally { times = tally.times }
      }
      return PacedResult(
        cell: cell, length: length, rate: rate, sent: sent, delivered: gate.delivered, times: times)
    }
  }
}

/// A receiver that also measures how long each frame took. Sender and receiver share a clock.
private struct PacedTally: DeliveryHandler {
  private var tally: FloodTally
  private(set) var times = LatencyHistogram()

  init(tally: FloodTally) {
    self.tally = tally
  }

  mutating func received(_ delivery: borrowing BenchDelivery) {
    if delivery.sequence != FloodTally.probe {
      let now = MonotonicInstant.now().nanoseconds
      times.record(now > delivery.sentAt ? now - delivery.sentAt : 0)
    }
    tally.received(delivery)
  }

  mutating func readCompleted() {
    tally.readCompleted()
  }
}
