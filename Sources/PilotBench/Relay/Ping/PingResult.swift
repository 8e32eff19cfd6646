import PilotConsole

/// What round trips through a beacon took.
struct PingResult: Sendable {
  let cell: BenchCell
  /// The payload's bytes.
  let length: Int
  let outcome: PingPong.Outcome

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "relay", "from": .string(cell.from.rawValue), "to": .string(cell.to.rawValue), "mode": "ping",
      "length": .int(length), "rounds": .int(outcome.times.count), "lost": .int(outcome.lost),
      "rtt_p50_us": outcome.times.microseconds(50).map { .double($0) },
      "rtt_p99_us": outcome.times.microseconds(99).map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Round trips through the beacon, in µs", columns: ["cell", "bytes", "rounds", "lost", "p50", "p99"])
  }

  /// The result for people.
  var row: [String] {
    [
      cell.name, BenchFormat.count(length), BenchFormat.count(outcome.times.count), BenchFormat.count(outcome.lost),
      BenchFormat.digits(outcome.times.microseconds(50)), BenchFormat.digits(outcome.times.microseconds(99)),
    ]
  }
}
