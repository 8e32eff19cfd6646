import PilotTransport
import PilotWire

/// Numbered frames in one direction: which came, how often, and how long none did.
struct FlowCheck {
  private(set) var sent = 0
  private var arrivals: [Int: Int] = [:]
  private var lastArrival: MonotonicInstant?
  /// The longest time between two arrivals, since it was asked for last.
  private(set) var longestGap: Duration = .zero
  private(set) var duplicates = 0

  /// Frames that came, each counted once.
  var received: Int { arrivals.count }
  var lost: Int { sent - received }

  /// The payload of the next frame.
  mutating func next(length: Int, at now: MonotonicInstant) -> [UInt8] {
    defer { sent += 1 }
    if lastArrival == nil { lastArrival = now }
    let number = UInt32(sent)
    let head = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    return head + [UInt8](repeating: 0, count: max(length - 4, 0))
  }

  /// A frame has come, whose payload is the last part of it.
  mutating func received(_ frame: [UInt8], at now: MonotonicInstant) {
    let offset = frame.first == BeaconMessageType.relay.rawValue ? 9 : 5
    let number = frame[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    if let lastArrival { longestGap = max(longestGap, lastArrival.duration(to: now)) }
    lastArrival = now
    if arrivals[number] != nil { duplicates += 1 }
    arrivals[number, default: 0] += 1
  }

  /// Counts anew.
  mutating func reset() { self = FlowCheck() }

  /// How long none has come, at most, until now.
  func gap(until now: MonotonicInstant) -> Duration {
    max(longestGap, lastArrival.map { $0.duration(to: now) } ?? .zero)
  }
}
