import PilotConsole
import PilotTransport

/// What a flood gave.
struct FloodResult: Sendable {
  let cell: BenchCell
  let isBatched: Bool
  let window: Int
  /// The payload's bytes.
  let length: Int
  let sent: Int
  let delivered: Int
  /// From the first frame sent to the last one delivered.
  let elapsed: Duration
  /// What the beacon worked meanwhile, if that is known.
  var beaconTime: Duration?
  /// The beacon's resident memory afterwards.
  var beaconBytes: Int?
  /// Nodes that the beacon knew, if more than the measuring ones.
  var registeredNodes: Int?
  /// Frames that came as they weren't sent, or more than once.
  var invalid = 0

  init(
    cell: BenchCell, isBatched: Bool, window: Int, length: Int, sent: Int, delivered: Int, elapsed: Duration
  ) {
    self.cell = cell
    self.isBatched = isBatched
    self.window = window
    self.length = length
    self.sent = sent
    self.delivered = delivered
    self.elapsed = elapsed
  }

  /// Frames that didn't arrive.
  var lost: Int { sent - delivered }
  /// Delivered ones.
  var framesPerSecond: Double { Double(delivered) / max(elapsed.seconds, 1e-9) }
  /// Processor seconds of the beacon for a million delivered frames.
  var beaconSecondsPerMillion: Double? {
    guard let beaconTime, delivered > 0 else { return nil }
    return beaconTime.seconds * 1e6 / Double(delivered)
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "bench": "relay", "from": .string(cell.from.rawValue), "to": .string(cell.to.rawValue), "mode": "flood",
      "batched": .bool(isBatched), "window": .int(window), "length": .int(length),
      "registered_nodes": registeredNodes.map { .int($0) }, "sent": .int(sent), "delivered": .int(delivered),
      "lost": .int(lost), "invalid": invalid > 0 ? .int(invalid) : nil, "seconds": .double(elapsed.seconds),
      "frames_per_second": .double(framesPerSecond),
      "beacon_cpu_s_per_million": beaconSecondsPerMillion.map { .double($0) },
      "beacon_rss_bytes": beaconBytes.map { .int($0) },
    ])
  }

  /// A table for ``row``.
  static var table: TextTable {
    TextTable(
      "Relaying as fast as it goes; CPU of the beacon in seconds per million frames delivered, memory in MB",
      columns: ["cell", "sends", "bytes", "window", "sent", "lost", "frames/s", "CPU", "memory"], leading: 2)
  }

  /// The result for people.
  var row: [String] {
    [
      cell.name, isBatched ? "batched" : "single", BenchFormat.count(length), BenchFormat.count(window),
      BenchFormat.count(sent), BenchFormat.count(lost), BenchFormat.rate(framesPerSecond),
      BenchFormat.digits(beaconSecondsPerMillion), BenchFormat.digits(beaconBytes.map { Double($0) / 1e6 }),
    ]
  }
}
