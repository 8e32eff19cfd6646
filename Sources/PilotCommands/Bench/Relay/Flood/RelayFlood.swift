import PilotTransport
import PilotWSS
import PilotWire

/// As many frames as a beacon relays from one node to others.
struct RelayFlood: Sendable {
  let cell: RelayCell
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
      sender.transport.close()
      receivers.close()
    }
    let (gate, isReached) = (DeliveryGate(), DeliveryGate())
    let tally = FloodTally(sender: sender.id, length: plan.length, gate: gate, isReached: isReached)
    return try await withThrowingTaskGroup(of: Part.self) { group in
      defer { group.cancelAll() }
      for socket in receivers.sockets {
        group.addTask { .receiver(try await socket.node.serve(tally, registrations: socket.registrations)) }
      }
      let registrations = DeliveryGate()
      group.addTask {
        _ = try await sender.serve(IgnoredDeliveries(), registrations: registrations)
        return .sender
      }
      try await sender.register(registrations)
      try await receivers.register()
      let flood = FloodSender(
        node: sender, destinations: receivers.destinations, length: plan.length, window: plan.window,
        isBatched: isBatched, duration: plan.duration, gate: gate)
      try await flood.probe(until: isReached)
      let worked = beacon.processorTime
      let sent = try await gate.whileOpening(every: Self.pulse) {
        try await withTaskExecutorPreference(sender.executor) { try await flood.send() }
      }
      try Task.checkCancellation()
      var result = FloodResult(
        cell: cell, isBatched: isBatched, window: plan.window, length: plan.length, sent: sent.frames,
        delivered: gate.delivered, elapsed: sent.elapsed)
      result.registeredNodes = plan.registeredNodes
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

extension FloodSender {
  /// How long a frame may take to find its way for the first time.
  private static let patience: Duration = .seconds(5)

  /// Sends frames that don't count, until one arrives.
  func probe(until isReached: DeliveryGate) async throws {
    var destinations = destinations
    var frame = BenchFrame(from: node.id, to: destinations.next() ?? node.id, length: length)
    frame.stamp(FloodTally.probe, at: 0)
    let probe = frame
    try await isReached.whileOpening(every: .milliseconds(100)) {
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      repeat {
        try Task.checkCancellation()
        guard MonotonicInstant.now() < end else {
          throw CommandFailure(
            "the beacon relays nothing between the nodes", hint: "a node's number may be taken; try again in a minute")
        }
        try node.transport.send(probe.span, to: node.beacon)
        await isReached.wait(until: 1)
      } while isReached.delivered == 0
    }
  }
}
