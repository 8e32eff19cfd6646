import PilotConsole

/// What frames at a rate gave.
struct PacedResult: Sendable {
  let cell: BenchCell
  /// The payload's bytes.
  let length: Int
  /// Frames per second, as wanted.
  let rate: Int
  let sent: Int
  let delivered: Int
  /// From the send to the delivery.
  let times: LatencyHistogram

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "relay", "from": .string(cell.from.rawValue), "to": .string(cell.to.rawValue), "mode": "paced",
      "rate": .int(rate), "length": .int(length), "sent": .int(sent), "delivered": .int(delivered),
      "lost": .int(sent - delivered), "latency_p50_us": times.microseconds(50).map { .double($0) },
      "latency_p99_us": times.microseconds(99).map { .double($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "One way through the beacon at a rate, in µs",
      columns: ["cell", "bytes", "frames/s", "sent", "lost", "p50", "p99"])
  }

  /// The result for people.
  var row: [String] {
    [
      cell.name, BenchFormat.count(length), BenchFormat.count(rate), BenchFormat.count(sent),
      BenchFormat.count(sent - delivered), BenchFormat.digits(times.microseconds(50)),
      BenchFormat.digits(times.microseconds(99)),
    ]
  }
}
