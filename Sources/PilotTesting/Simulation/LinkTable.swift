import PilotTransport

/// An ordered pair of hosts, each of which can be any.
struct LinkKey: Hashable, Sendable {
  let from: Int
  let to: Int

  static let any = -1

  init(_ from: Int?, _ to: Int?) {
    self.from = from ?? Self.any
    self.to = to ?? Self.any
  }
}

/// The links: which conditions hold between two hosts, and what is under way on each line.
struct LinkTable: Sendable {
  /// When what was given to a line will be through.
  struct Line: Sendable {
    /// Until when it sends what it has taken.
    var busyUntil: MonotonicInstant = .start
    /// When the last one arrives that keeps the order.
    var lastArrival: MonotonicInstant = .start
    /// How many bytes it has let through of a quota.
    var passed = 0
  }

  enum Passage: Equatable {
    case arrives(MonotonicInstant)
    case dropped(SimulationDrop)
  }

  private var rules: [LinkKey: LinkConditions] = [:]
  private var lines: [LinkKey: Line] = [:]
  private var common = LinkConditions()

  mutating func set(_ conditions: LinkConditions?, for key: LinkKey) {
    if key == LinkKey(nil, nil) {
      common = conditions ?? LinkConditions()
    } else {
      rules[key] = conditions
    }
    for line in lines.keys { lines[line]?.passed = 0 }
  }

  /// The conditions between two hosts, and the line that they hold for.
  func find(from: Int, to: Int?) -> (line: LinkKey, conditions: LinkConditions) {
    let pair = LinkKey(from, to)
    guard !rules.isEmpty else { return (pair, common) }
    for key in [pair, LinkKey(from, nil), LinkKey(nil, to)] {
      if let conditions = rules[key] { return (key, conditions) }
    }
    return (pair, common)
  }

  /// Sends one copy of a datagram of so many bytes over a line.
  mutating func pass(
    _ length: Int, over key: LinkKey, _ conditions: LinkConditions, at now: MonotonicInstant,
    random: inout SeededRandom
  ) -> Passage {
    if let mtu = conditions.mtu, length > mtu { return .dropped(.exceedsMTU) }
    if let quota = conditions.quota {
      let passed = (lines[key]?.passed ?? 0) + length + LinkConditions.datagramOverhead
      guard passed <= quota else { return .dropped(.quotaUsed) }
      lines[key, default: Line()].passed = passed
    }
    if conditions.loss > 0, random.chance(conditions.loss) { return .dropped(.lost) }
    var leaves = now
    if let bandwidth = conditions.bandwidth {
      let size = length + LinkConditions.datagramOverhead
      guard let end = queue(size, on: key, bandwidth: max(bandwidth, 1), room: conditions.queue, at: now) else {
        return .dropped(.queueFull)
      }
      leaves = end
    }
    var arrival = leaves.advanced(by: max(conditions.delay, .zero))
    if conditions.jitter > .zero { arrival = arrival.advanced(by: conditions.jitter * random.fraction()) }
    if conditions.reordering > 0, random.chance(conditions.reordering) {
      return .arrives(arrival.advanced(by: max(conditions.reorderingDelay, .zero)))
    }
    guard conditions.jitter > .zero else { return .arrives(arrival) }
    arrival = max(arrival, lines[key]?.lastArrival ?? .start)
    lines[key, default: Line()].lastArrival = arrival
    return .arrives(arrival)
  }

  /// When the line has sent it, or nil when there is no room.
  private mutating func queue(
    _ size: Int, on key: LinkKey, bandwidth: Int, room: Int, at now: MonotonicInstant
  ) -> MonotonicInstant? {
    let begin = max(lines[key]?.busyUntil ?? .start, now)
    let waiting = Double(begin.nanoseconds - now.nanoseconds) / 1e9 * Double(bandwidth)
    guard waiting + Double(size) <= Double(room) else { return nil }
    let end = begin.advanced(by: .nanoseconds(Int64(1e9 * Double(size) / Double(bandwidth))))
    lines[key, default: Line()].busyUntil = end
    return end
  }
}
