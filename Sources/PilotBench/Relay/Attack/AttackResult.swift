import PilotConsole

/// What honest nodes have noticed of an attack.
struct AttackResult: Sendable {
  let attack: BenchAttack?
  /// The payload's bytes.
  let length: Int
  /// Frames per second in each cell.
  let rate: Int
  let cells: [PacedResult]
  /// How long each newcomer took to be attached; those that weren't are missing.
  let attached: [Duration]
  /// How often the attacker did what it does; nil without one.
  var made: Int?
  /// Of ``AttackWitnesses/count`` honest nodes that were registered before, those that the beacon has given up; nil if none were.
  var evicted: Int?
  /// What the beacon worked meanwhile; nil if its process isn't known.
  var processorTime: Duration?
  /// The beacon's resident bytes, before the attack and some time after it.
  var memory: (before: Int, after: Int)?

  /// Honest frames that were lost, of a hundred.
  var lostPercent: Double {
    let sent = cells.map(\.sent).reduce(0, +)
    return sent == 0 ? 0 : 100 * Double(sent - cells.map(\.delivered).reduce(0, +)) / Double(sent)
  }

  /// The time that 99 of 100 frames don't exceed, in the cell where it is longest, in microseconds.
  var slowest: Double? { cells.compactMap { $0.times.microseconds(99) }.max() }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "relay", "mode": "attack", "attack": .string(attack?.rawValue ?? "none"), "rate": .int(rate),
      "length": .int(length), "made": made.map { .int($0) }, "lost_percent": .double(lostPercent),
      "latency_p99_us": slowest.map { .double($0) }, "newcomers": .int(RelayAttack.newcomers),
      "honest_nodes": evicted.map { _ in .int(AttackWitnesses.count) }, "evicted": evicted.map { .int($0) },
      "attached": .int(attached.count), "attached_slowest_ms": attached.max().map { .double($0.milliseconds) },
      "beacon_cpu_s": processorTime.map { .double($0.milliseconds / 1_000) },
      "resident_before": memory.map { .int($0.before) }, "resident_after": memory.map { .int($0.after) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Honest frames beside a stranger, one way, p99 of the slowest cell in µs; memory 30 s after, against before",
      columns: ["attack", "made", "lost %", "p99", "evicted", "newcomers", "slowest, ms", "beacon, CPU-s", "memory"])
  }

  /// The result for people.
  var row: [String] {
    [
      attack?.rawValue ?? "none", made.map(BenchFormat.count) ?? "–", BenchFormat.digits(lostPercent),
      BenchFormat.digits(slowest), evicted.map { "\($0) of \(AttackWitnesses.count)" } ?? "–",
      "\(attached.count) of \(RelayAttack.newcomers)",
      BenchFormat.digits(attached.max()?.milliseconds),
      BenchFormat.digits(processorTime.map { $0.milliseconds / 1_000 }),
      memory.map { "\(BenchFormat.digits(Double($0.after) / Double($0.before)))×" } ?? "–",
    ]
  }
}

extension Duration {
  fileprivate var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15 }
}
