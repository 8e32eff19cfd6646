import PilotTransport
import PilotWire

/// As many frames as a beacon relays from one node to others.
struct RelayFlood: Sendable {
  let cell: BenchCell
  let isBatched: Bool
  let plan: RelayBenchPlan

  /// How often a waiting sender looks at the clock.
  private static let pulse: Duration = .milliseconds(20)

  private enum Part: Sendable {
    case receiver(FloodTally)
    case sender
  }

  /// Floods a beacon.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> FloodResult {
    let sender = try await beacon.open(cell.from, numbers)
    let receivers = try await NodePopulation.open(cell.to, at: beacon, numbers, plan.registeredNodes)
    defer {
      sender.leave()
      receivers.close()
    }
    let (gate, isReached) = (DeliveryGate(), DeliveryGate())
    let tally = FloodTally(sender: sender.id, length: plan.length, gate: gate, isReached: isReached)
    return try await withThrowingTaskGroup(of: Part.self) { group in
      defer { group.cancelAll() }
      for socket in receivers.sockets {
        group.addTask { .receiver(try await socket.node.serve(tally)) }
      }
      group.addTask {
        _ = try await sender.serve(IgnoredDeliveries())
        return .sender
      }
      try await sender.awaitReady()
      try await receivers.register()
      let flood = FloodSender(window: plan.window, duration: plan.duration, gate: gate)
      if let first = receivers.sockets.first {
        try await RouteProbe(node: sender, destination: first.node.id, length: plan.length).run(until: isReached)
      }
      let worked = beacon.processorTime
      let sent = try await gate.whileOpening(every: Self.pulse) {
        try await withTaskExecutorPreference(sender.executor) {
          var outlet = NodeOutlet(sender.node, to: receivers.destinations, length: plan.length, isBatched: isBatched)
          return try await flood.send(by: &outlet)
        }
      }
      try Task.checkCancellation()
      var result = FloodResult(
        cell: cell, isBatched: isBatched, window: plan.window, length: plan.length, sent: sent.frames,
        delivered: gate.delivered, elapsed: sent.elapsed)
      result.registeredNodes = cell.to == .udp ? plan.registeredNodes : nil
      if let worked, let now = beacon.processorTime { result.beaconTime = now - worked }
      result.beaconBytes = beacon.residentBytes
      group.cancelAll()
      while let part = try await group.next() {
        if case .receiver(let tally) = part { result.invalid += tally.invalid + tally.repeated }
      }
      return result
    }
  }
}
