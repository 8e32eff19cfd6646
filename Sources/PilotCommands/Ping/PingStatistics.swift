import PilotConsole
import PilotTransport

/// Round trips, as ping(8) sums them up.
///
/// However many there are, at most ``limit`` of them are kept to find the 99th of a hundred: from then on every second one, then
/// every fourth, and so on, so that the beginning counts as much as the end. The others are exact.
struct PingStatistics: Equatable, Sendable {
  /// How many round trips are kept at most.
  static let limit = 65_536

  private(set) var sent = 0
  private(set) var received = 0
  /// Answers to what had been answered.
  private(set) var duplicates = 0
  private var least: Int64 = .max
  private var most: Int64 = 0
  private var sum: Int64 = 0
  /// In nanoseconds.
  private var kept: [Int64] = []
  /// One in so many is kept.
  private var stride = 1

  mutating func addSent() { sent += 1 }

  mutating func addDuplicate() { duplicates += 1 }

  /// Adds a round trip.
  mutating func add(_ roundTrip: Duration) {
    let time = max(roundTrip.clampedNanoseconds, 0)
    if received.isMultiple(of: stride) {
      if kept.count == Self.limit {
        kept = kept.indices.filter { $0.isMultiple(of: 2) }.map { kept[$0] }
        stride *= 2
      }
      if received.isMultiple(of: stride) { kept.append(time) }
    }
    received += 1
    least = min(least, time)
    most = max(most, time)
    sum = sum.addingReportingOverflow(time).partialValue
  }

  /// The share of probes that nothing came back for, in percent, rounded; 0 if none was sent.
  var lossPercent: Int {
    sent == 0 ? 0 : (max(sent - received, 0) * 200 + sent) / (2 * sent)
  }

  /// Round trips in microseconds; nil if there are none.
  var microseconds: (least: Int64, average: Int64, most: Int64, percentile99: Int64)? {
    guard received > 0 else { return nil }
    let sorted = kept.sorted()
    // The nearest rank: the least time that 99 of a hundred don't exceed.
    let rank = (sorted.count * 99 + 99) / 100
    let times = (least, sum / Int64(received), most, min(sorted[rank - 1], most))
    return (Self.rounded(times.0), Self.rounded(times.1), Self.rounded(times.2), Self.rounded(times.3))
  }

  private static func rounded(_ nanoseconds: Int64) -> Int64 { (nanoseconds + 500) / 1_000 }

  /// `{"event":"summary",…}`; without times where there are none.
  var json: JSONValue {
    let times = microseconds
    return .object(present: [
      "event": "summary", "sent": .int(sent), "received": .int(received), "min_us": times.map { .int($0.least) },
      "avg_us": times.map { .int($0.average) }, "max_us": times.map { .int($0.most) },
      "p99_us": times.map { .int($0.percentile99) },
    ])
  }

  /// The last lines for people.
  func lines(to peer: String) -> [String] {
    let more = duplicates == 0 ? "" : ", \(duplicates) more than once"
    let head = ["", "--- node \(peer) ---", "\(sent) sent, \(received) came back\(more), \(lossPercent) % lost"]
    guard let times = microseconds else { return head }
    let texts = [times.least, times.average, times.most, times.percentile99].map(Self.milliseconds)
    return head + ["round trip min/avg/max/p99 = \(texts.joined(separator: "/")) ms"]
  }

  /// `1234` microseconds as `1.234`.
  static func milliseconds(_ microseconds: Int64) -> String {
    let fraction = String(microseconds % 1_000)
    return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}
