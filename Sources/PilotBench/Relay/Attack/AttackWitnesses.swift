import PilotConsole
import PilotTransport
import PilotWire
import Synchronization

/// Honest nodes over UDP that are registered before an attack, and say nothing while it goes on: whom the beacon has given up for others
/// isn't reached any more.
struct AttackWitnesses: Sendable {
  /// How many there are.
  static let count = 200
  /// How often those that aren't reached are tried again: a frame can be lost.
  private static let attempts = 5
  /// How long frames to all of them may take.
  private static let patience: Duration = .milliseconds(500)

  private let population: NodePopulation
  private let prober: BenchNode
  private let reached = ReachedNumbers()

  /// Registers them, and serves them while `body` runs.
  static func during<Result: Sendable>(
    at beacon: MeasuredBeacon, _ numbers: NodeNumbers, _ body: (AttackWitnesses) async throws -> Result
  ) async throws -> Result {
    let witnesses = AttackWitnesses(
      // One of the number is the prober.
      population: try await .open(.udp, at: beacon, numbers, count + 1), prober: try await beacon.open(.udp, numbers))
    return try await witnesses.serve { try await body(witnesses) }
  }

  private func serve<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    defer {
      population.close()
      prober.leave()
    }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      for socket in population.sockets {
        group.addTask { [reached] in _ = try await socket.node.serve(WitnessDeliveries(reached: reached)) }
      }
      group.addTask { _ = try await prober.serve(IgnoredDeliveries()) }
      try await prober.awaitReady()
      try await population.register()
      return try await body()
    }
  }

  /// How many of them aren't reached now.
  func missing() async throws -> Int {
    let nodes = population.sockets.flatMap(\.ids)
    for _ in 0..<Self.attempts {
      for (number, node) in nodes.enumerated() where !reached.contains(number) {
        var payload = BenchPayload(length: BenchPayload.minimumLength)
        payload.stamp(UInt64(number), at: 0)
        // One that finds a queue full goes with the next attempt.
        try? prober.send(payload, to: node)
      }
      let end = MonotonicInstant.now().advanced(by: Self.patience)
      while reached.count < nodes.count, MonotonicInstant.now() < end {
        try await Task.sleep(for: .milliseconds(10))
      }
      if reached.count >= nodes.count { break }
    }
    return nodes.count - reached.count
  }
}

/// The numbers of those that a frame has come to.
private final class ReachedNumbers: Sendable {
  private let numbers = Mutex<Set<UInt64>>([])

  var count: Int { numbers.withLock { $0.count } }

  func contains(_ number: Int) -> Bool { numbers.withLock { $0.contains(UInt64(number)) } }

  func insert(_ number: UInt64) { numbers.withLock { _ = $0.insert(number) } }
}

private struct WitnessDeliveries: DeliveryHandler {
  let reached: ReachedNumbers

  mutating func received(_ delivery: borrowing BenchDelivery) {
    if delivery.sequence < AttackWitnesses.count { reached.insert(delivery.sequence) }
  }
}
