import PilotConsole
import PilotFixtures
import PilotTransport

/// What a cell has shown.
struct DemoResult: Sendable {
  let cell: Cell
  let content: DemoContent
  let tally: DemoReceiver.Tally
  let timing: DemoCell.Timing

  /// Payloads sent.
  var sent: Int { content.chunkCount }
  /// Payloads that did not arrive as they were sent.
  var lost: Int { sent - tally.delivered }
  /// Whether what arrived, in the order in which it arrived, is the content.
  var hashMatches: Bool { tally.hash == content.hash }
  /// Nothing lost, nothing changed, nothing twice, and round trips measured.
  var isPerfect: Bool {
    lost == 0 && hashMatches && tally.duplicated == 0 && timing.roundTrips.count == DemoSender.roundTrips
  }

  /// Payloads per second, while the content was under way.
  var rate: Double? {
    timing.transfer.map { Double(tally.delivered) / max($0.seconds, 1e-9) }
  }

  /// The content's megabytes (10⁶ bytes) per second.
  var megabytesPerSecond: Double? {
    timing.transfer.map { Double(content.byteCount) / 1e6 / max($0.seconds, 1e-9) }
  }

  /// The round trip time that this share of the measured ones doesn't exceed, in microseconds.
  func roundTrip(_ share: Double) -> Double? {
    guard !timing.roundTrips.isEmpty else { return nil }
    let sorted = timing.roundTrips.sorted()
    let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[min(max(rank, 0), sorted.count - 1)].seconds * 1e6
  }

  /// The result for scripts.
  var json: JSONValue {
    .object(present: [
      "from": .string(cell.sender.rawValue), "to": .string(cell.destination.rawValue),
      "sent": .int(sent), "delivered": .int(tally.delivered), "lost": .int(lost),
      "corrupted": .int(tally.corrupted), "duplicated": .int(tally.duplicated),
      "frames_per_second": rate.map { .double($0) }, "megabytes_per_second": megabytesPerSecond.map { .double($0) },
      "rtt_p50_us": roundTrip(0.5).map { .double($0) }, "rtt_p99_us": roundTrip(0.99).map { .double($0) },
      "sha256": .string(tally.hash), "sha256_matches": .bool(hashMatches),
    ])
  }
}

extension TextTable {
  /// The results of a demo, a row for each cell.
  init(_ results: [DemoResult]) {
    self.init(
      columns: ["cell", "sent", "delivered", "lost", "frames/s", "MB/s", "RTT p50", "RTT p99", "SHA-256"], trailing: 1)
    for result in results { add(result.row) }
  }
}

extension DemoResult {
  /// The result for people.
  fileprivate var row: [String] {
    [
      cell.name, String(sent), String(tally.delivered), String(lost),
      rate.map { String(Int($0.rounded())) } ?? "–",
      megabytesPerSecond.map(Self.tenths) ?? "–",
      roundTrip(0.5).map { "\(Int($0.rounded())) µs" } ?? "–",
      roundTrip(0.99).map { "\(Int($0.rounded())) µs" } ?? "–",
      hashMatches ? "matches" : "DIFFERS",
    ]
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
