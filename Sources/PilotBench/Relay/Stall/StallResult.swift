import PilotConsole

/// What a peer that reads nothing does to others.
struct StallResult: Sendable {
  let cell: BenchCell
  /// How the peer that reads nothing is connected.
  let hung: BenchCarrier
  /// The payload's bytes.
  let length: Int
  /// Frames per second to it.
  let rate: Int
  /// Round trips without it.
  let calm: PingPong.Outcome
  /// Round trips with it.
  let stalled: PingPong.Outcome

  private var calmTime: Double? { calm.times.microseconds(99) }
  private var stalledTime: Double? { stalled.times.microseconds(99) }

  /// How many times as long 99 of 100 round trips take.
  var ratio: Double? {
    guard let calmTime, let stalledTime, calmTime > 0 else { return nil }
    return stalledTime / calmTime
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "relay", "from": .string(cell.from.rawValue), "to": .string(cell.to.rawValue), "mode": "stall",
      "hung": .string(hung.rawValue), "rate": .int(rate), "length": .int(length), "lost": .int(stalled.lost),
      "rtt_p99_us": calmTime.map { .double($0) }, "rtt_p99_stalled_us": stalledTime.map { .double($0) },
      "ratio": ratio.map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Round trips beside a peer that reads nothing, p99 in µs",
      columns: ["cell", "hung", "bytes", "frames/s to it", "without", "with", "ratio", "lost"], leading: 2)
  }

  /// The result for people.
  var row: [String] {
    [
      cell.name, hung.rawValue, BenchFormat.count(length), BenchFormat.count(rate), BenchFormat.digits(calmTime),
      BenchFormat.digits(stalledTime), BenchFormat.digits(ratio), BenchFormat.count(stalled.lost),
    ]
  }
}
