import PilotTransport

/// One ping at a time, each answered before the next: which number is under way, since when, and what has been measured.
struct PingMachine: Sendable {
  /// What to do next.
  enum Action: Sendable, Equatable {
    /// Send the ping with this number, now.
    case send(UInt64)
    /// Go on waiting.
    case wait
    /// All is measured.
    case end
  }

  /// How long an answer may take before the same question is asked again. Its time goes on counting.
  private let patience: Duration
  private let end: MonotonicInstant
  /// The shortest interval that pings are thought to have, for the correction of stalls; nil for none.
  private let interval: UInt64?
  private var number: UInt64 = 0
  /// When the ping under way was first sent, and last.
  private var underWay: (since: MonotonicInstant, lastSent: MonotonicInstant)?
  private(set) var times = LatencyHistogram()
  /// Pings that had to be sent again.
  private(set) var lost = 0

  init(
    from now: MonotonicInstant, for duration: Duration, patience: Duration = .milliseconds(500),
    interval: Duration? = nil
  ) {
    self.patience = patience
    end = now.advanced(by: duration)
    self.interval = interval.map { UInt64(clamping: $0.clampedNanoseconds) }
  }

  /// The first ping.
  mutating func start(at now: MonotonicInstant) -> Action {
    number += 1
    underWay = (now, now)
    return .send(number)
  }

  /// An answer has come.
  mutating func answered(_ sequence: UInt64, at now: MonotonicInstant) -> Action {
    guard let underWay, sequence == number else { return .wait }
    record(now.nanoseconds - underWay.since.nanoseconds)
    self.underWay = nil
    return now < end ? start(at: now) : .end
  }

  /// Some time has passed. A ping that is still under way a while after the end counts with the time it has taken so far.
  mutating func tick(at now: MonotonicInstant) -> Action {
    guard let underWay else { return .end }
    guard underWay.lastSent.duration(to: now) >= patience else { return .wait }
    lost += 1
    guard now < end else {
      record(now.nanoseconds - underWay.since.nanoseconds)
      self.underWay = nil
      return .end
    }
    self.underWay = (underWay.since, now)
    return .send(number)
  }

  private mutating func record(_ time: UInt64) {
    if let interval { times.record(time, every: interval) } else { times.record(time) }
  }
}
