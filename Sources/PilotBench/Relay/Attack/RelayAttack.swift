import PilotConsole
import PilotTransport
import PilotWire

/// What honest nodes notice of an attack: frames through all cells at a rate, and nodes that come while it goes on.
struct RelayAttack: Sendable {
  /// nil for the same without one.
  let attack: BenchAttack?
  let cells: [BenchCell]
  /// The payload's bytes.
  let length: Int
  /// Frames per second in each cell.
  let rate: Int
  let duration: Duration

  /// Nodes that attach over WSS while the attack goes on, one after the other.
  static let newcomers = 10
  /// How long the attack goes on before anything is measured.
  private static let head: Duration = .seconds(1)
  /// When the beacon's memory is looked at, after the attack.
  static let recovery: Duration = .seconds(30)

  /// Measures.
  func run(at beacon: MeasuredBeacon, numbers: NodeNumbers) async throws -> AttackResult {
    guard beacon.udp != nil else { return try await measure(at: beacon, numbers, beside: nil) }
    return try await AttackWitnesses.during(at: beacon, numbers) { witnesses in
      try await measure(at: beacon, numbers, beside: witnesses)
    }
  }

  private func measure(
    at beacon: MeasuredBeacon, _ numbers: NodeNumbers, beside witnesses: AttackWitnesses?
  ) async throws -> AttackResult {
    let memoryBefore = beacon.residentBytes
    let running =
      if let attack { try await RunningAttack.start(attack, at: beacon, numbers) } else { RunningAttack?.none }
    defer { running?.end() }
    if running != nil { try await Task.sleep(for: Self.head) }
    let begin = beacon.processorTime
    async let arrivals = arrivals(at: beacon, numbers)
    let results = try await withThrowingTaskGroup(of: PacedResult.self) { group in
      for cell in cells {
        group.addTask {
          try await RelayPaced(cell: cell, length: length, rate: rate, duration: duration)
            .run(at: beacon, numbers: numbers)
        }
      }
      var results: [PacedResult] = []
      for try await result in group { results.append(result) }
      return results
    }
    let attached = try await arrivals
    let end = beacon.processorTime
    let made = try await running?.stop()
    var result = AttackResult(attack: attack, length: length, rate: rate, cells: results, attached: attached)
    result.made = made
    result.evicted = try await witnesses?.missing()
    if let begin, let end { result.processorTime = end - begin }
    if running != nil, let memoryBefore {
      try await Task.sleep(for: Self.recovery)
      result.memory = beacon.residentBytes.map { (memoryBefore, $0) }
    }
    return result
  }

  /// How long each newcomer took to be attached.
  private func arrivals(at beacon: MeasuredBeacon, _ numbers: NodeNumbers) async throws -> [Duration] {
    guard beacon.wss != nil || beacon.ws != nil else { return [] }
    var times: [Duration] = []
    for _ in 0..<Self.newcomers {
      let start = MonotonicInstant.now()
      guard let node = try? await beacon.open(beacon.wss == nil ? .ws : .wss, numbers) else { continue }
      times.append(start.duration(to: .now()))
      node.leave()
    }
    return times
  }
}
