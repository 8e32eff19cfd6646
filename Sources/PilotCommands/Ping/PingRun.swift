import PilotTransport
import PilotWire

/// A run of probes to one node: which were sent when, what came back, and how long that took. Given the time with each event.
struct PingRun: Sendable {
  /// What an answer has come to.
  enum OnAnswer: Equatable, Sendable {
    /// The first answer to this probe.
    case reply(number: UInt32, roundTrip: Duration)
    /// Another one to the same.
    case duplicate(number: UInt32)
    /// None to a probe of this run that is still waited for.
    case nobodys
  }

  /// How long an answer is waited for: later ones count as lost. As long as round trips over a relay behind a full queue take, and
  /// more.
  static let patience: Duration = .seconds(10)
  /// The same while the beacon says that the node isn't there.
  static let patienceOnceGone: Duration = .milliseconds(1_500)
  /// For so long its word holds: it says so once a second at most.
  static let goneLife: Duration = .seconds(1)
  /// How many probes are waited for at most: at the shortest interval, so many go out within the patience.
  private static let windowLimit = 4_096

  private struct Probe: Sendable {
    let number: UInt32
    let sentAt: MonotonicInstant
    var isAnswered = false
  }

  private let session: UInt64
  /// How many probes to send; nil for no end.
  private let count: Int?
  /// Those that an answer can still come for, in order.
  private var window: [Probe] = []
  private(set) var statistics = PingStatistics()
  /// When the beacon has said last that the node isn't there; nil if it has been heard since.
  private var goneAt: MonotonicInstant?

  /// - Parameters:
  ///   - session: Random, another for each run.
  ///   - count: How many probes to send; nil for no end.
  init(session: UInt64, count: Int?) {
    self.session = session
    self.count = count
  }

  /// Whether all probes have been sent.
  var hasSentAll: Bool { count.map { statistics.sent >= $0 } ?? false }

  /// Whether the beacon has said that the node isn't there, and nothing else has been heard of it.
  var isGone: Bool { goneAt != nil }

  /// The beacon says that the node isn't there: what was sent by now, and what is sent next, comes to nobody.
  mutating func gone(at now: MonotonicInstant) { goneAt = now }

  /// Whether there is nothing more to send or to wait for.
  func isDone(at now: MonotonicInstant) -> Bool {
    hasSentAll && !window.contains { end(of: $0).map { $0 > now } ?? false }
  }

  /// When the last answer is given up that is waited for; nil if none is.
  var deadline: MonotonicInstant? { window.compactMap { end(of: $0) }.max() }

  /// When a probe's answer is given up; nil if none is waited for.
  private func end(of probe: Probe) -> MonotonicInstant? {
    guard !probe.isAnswered else { return nil }
    guard let goneAt else { return probe.sentAt.advanced(by: Self.patience) }
    return probe.sentAt <= goneAt.advanced(by: Self.goneLife) ? nil : probe.sentAt.advanced(by: Self.patienceOnceGone)
  }

  /// The payload of the next probe, which leaves now.
  mutating func send(at now: MonotonicInstant) -> [UInt8] {
    statistics.addSent()
    let probe = PingProbe(session: session, number: UInt32(truncatingIfNeeded: statistics.sent))
    window.removeAll { $0.sentAt.advanced(by: Self.patience) <= now }
    if window.count >= Self.windowLimit { window.removeFirst() }
    window.append(Probe(number: probe.number, sentAt: now))
    return probe.bytes
  }

  /// A payload has come back.
  mutating func answer(_ payload: [UInt8], at now: MonotonicInstant) -> OnAnswer {
    guard let probe = PingProbe(parsing: payload), probe.session == session,
      let index = window.firstIndex(where: { $0.number == probe.number }),
      window[index].sentAt.advanced(by: Self.patience) > now
    else { return .nobodys }
    guard !window[index].isAnswered else {
      statistics.addDuplicate()
      return .duplicate(number: probe.number)
    }
    window[index].isAnswered = true
    goneAt = nil
    let roundTrip = window[index].sentAt.duration(to: now)
    statistics.add(roundTrip)
    return .reply(number: probe.number, roundTrip: roundTrip)
  }
}
