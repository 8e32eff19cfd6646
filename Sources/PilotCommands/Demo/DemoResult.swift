/// What a cell has shown.
struct DemoResult: Sendable {
  let cell: DemoCell
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
      "from": .string(cell.from.rawValue.lowercased()), "to": .string(cell.to.rawValue.lowercased()),
      "sent": .int(sent), "delivered": .int(tally.delivered), "lost": .int(lost),
      "corrupted": .int(tally.corrupted), "duplicated": .int(tally.duplicated),
      "frames_per_second": rate.map { .double($0) }, "megabytes_per_second": megabytesPerSecond.map { .double($0) },
      "rtt_p50_us": roundTrip(0.5).map { .double($0) }, "rtt_p99_us": roundTrip(0.99).map { .double($0) },
      "sha256": .string(tally.hash), "sha256_matches": .bool(hashMatches),
    ])
  }
}

extension Duration {
  /// Seconds and their fractions.
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
