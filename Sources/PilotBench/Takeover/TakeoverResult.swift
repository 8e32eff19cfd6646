import PilotConsole
import PilotTransport

/// What a takeover gave.
struct TakeoverResult: Sendable {
  /// Registrations that went over.
  let nodes: UInt64
  /// Frames a second that were sent.
  let rate: Double
  /// How long nobody read the sockets, as the old beacon has it; nil if nothing was handed over.
  let gap: Duration?
  /// The longest time without a frame where they arrive, before.
  let calm: Duration
  /// And from then on.
  let silence: Duration
  /// From the new beacon's start until it served.
  let serving: Duration
  let sent: Int
  let received: Int
  /// Frames that counters say were dropped.
  let counted: Int

  /// Frames that went missing without a count.
  var unexplained: Int { sent - received - counted }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "takeover", "nodes": .int(nodes), "rate": .double(rate),
      "gap_ms": gap.map { .double($0.seconds * 1_000) },
      "silence_before_ms": .double(calm.seconds * 1_000), "silence_ms": .double(silence.seconds * 1_000),
      "seconds": .double(serving.seconds), "sent": .int(sent), "received": .int(received), "counted": .int(counted),
      "unexplained": .int(unexplained),
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "A beacon that takes over",
      columns: [
        "nodes", "frames/s", "gap ms", "silence before ms", "silence ms", "takeover s", "sent", "received",
        "counted lost",
        "unexplained",
      ], leading: 0)
  }

  /// The result for people.
  var row: [String] {
    [
      BenchFormat.count(Int(clamping: nodes)), BenchFormat.rate(rate),
      BenchFormat.digits(gap.map { $0.seconds * 1_000 }),
      BenchFormat.digits(calm.seconds * 1_000), BenchFormat.digits(silence.seconds * 1_000),
      BenchFormat.digits(serving.seconds), BenchFormat.count(sent), BenchFormat.count(received),
      BenchFormat.count(counted), BenchFormat.count(unexplained),
    ]
  }
}
