import PilotWire

/// What nodes have relayed a second, smoothed over about ten seconds. Bounded: what is new beyond the bound counts only once
/// something else has faded.
struct TalkerRates: Sendable {
  private struct Rate {
    var frames = 0.0
    var bytes = 0.0
  }

  private static let limit = 64
  /// The part of a second in the mean.
  private static let weight = 0.1

  private var rates: [UInt32: Rate] = [:]

  /// A second has passed, or so many.
  mutating func add(_ talkers: [Talker], over seconds: Double) {
    guard seconds > 0 else { return }
    let weight = min(1, Self.weight * seconds)
    for node in rates.keys {
      rates[node]?.frames *= 1 - weight
      rates[node]?.bytes *= 1 - weight
    }
    for talker in talkers where rates.count < Self.limit || rates[talker.node.rawValue] != nil {
      rates[talker.node.rawValue, default: Rate()].frames += weight * Double(talker.frames) / seconds
      rates[talker.node.rawValue, default: Rate()].bytes += weight * Double(talker.bytes) / seconds
    }
    rates = rates.filter { $0.value.frames >= 1 }
  }

  /// The highest, by frames.
  func highest(_ count: Int) -> [StatusReport.Sender] {
    rates.sorted { ($0.value.frames, $1.key) > ($1.value.frames, $0.key) }.prefix(count).map {
      StatusReport.Sender(
        node: $0.key, framesPerSecond: $0.value.frames.rounded(), bytesPerSecond: $0.value.bytes.rounded())
    }
  }
}
