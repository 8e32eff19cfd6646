public import PilotTransport

/// When a node on UDP tells its beacon where it is: at once, then every minute, and more often while no answer comes.
///
/// Registrations live ten minutes at the beacon (wire reference, section 2). One that was lost with a restarted beacon is
/// noticed by ICMP, and renewed as soon as the beacon is back.
public struct RegistrationSchedule: Sendable, Equatable {
  /// The times.
  public struct Configuration: Sendable, Equatable {
    /// Between two announcements that were answered. Default 60 s (wire reference, section 2).
    public var interval: Duration = .seconds(60)
    /// After the first announcement without an answer; doubles up to the interval. Default 1 s.
    public var retry: Duration = .seconds(1)
    /// Between two announcements to a beacon that ICMP reports as unreachable, each of them. Default 500 ms.
    public var unreachableRetry: Duration = .milliseconds(500)
    /// Until the next announcement, at most, after an answer that was not asked for. Default 10 s.
    public var contested: Duration = .seconds(10)
    /// How long after an announcement a challenge may be its beacon's. Default 10 s.
    public var challengeLimit: Duration = .seconds(10)

    /// The defaults.
    public init() {}
  }

  /// What to do now.
  public enum Action: Sendable, Equatable {
    /// Announce the node, then ask again.
    case announce
    /// Nothing before this instant.
    case wait(until: MonotonicInstant)
  }

  private enum State: Sendable, Equatable {
    /// So many announcements before the one that was answered may still get their answer.
    case registered(outstanding: Int)
    /// The time after the next announcement, should that get no answer either, and how many there were.
    case unanswered(retry: Duration, announcements: Int)
  }

  /// Announcements that may each still bring a challenge.
  private struct UnderWay: Sendable, Equatable {
    /// More of them than get lost in a row aren't waited for: who forges challenges could have as many answered.
    static let limit = 4

    var count: Int
    let since: MonotonicInstant
  }

  private let configuration: Configuration
  private var state: State
  /// When the next announcement is due.
  private(set) var due: MonotonicInstant
  /// When the beacon wants to be told again, whatever is told it until then.
  private var appointment: MonotonicInstant?
  private var underWay: UnderWay?

  /// Starts with an announcement that is due.
  public init(_ configuration: Configuration = Configuration(), at now: MonotonicInstant) {
    self.configuration = configuration
    state = .unanswered(retry: configuration.retry, announcements: 0)
    due = now
  }

  /// Whether the last announcement was answered.
  public var isRegistered: Bool {
    if case .registered = state { return true }
    return false
  }

  /// Time has passed.
  public mutating func tick(at now: MonotonicInstant) -> Action {
    guard now >= due else { return .wait(until: due) }
    if let time = appointment, now >= time { appointment = nil }
    let (retry, announcements) =
      switch state {
      case .registered: (configuration.retry, 0)
      case .unanswered(let retry, let announcements): (retry, announcements)
      }
    due = now.advanced(by: retry)
    state = .unanswered(retry: min(retry * 2, configuration.interval), announcements: announcements + 1)
    underWay = UnderWay(count: min(challengesExpected(at: now) + 1, UnderWay.limit), since: now)
    return .announce
  }

  /// The beacon has answered.
  ///
  /// An answer that was not asked for is a beacon's question whether the node is still here, because another claims to be
  /// it from elsewhere. It brings the next announcement forward. If it put it off, as other answers do, whoever claims often
  /// enough would keep the node silent until the beacon believes him. The answer to a proof is taken for one, too: it costs
  /// one announcement more.
  ///
  /// - Returns: Whether the node was not registered before.
  public mutating func answered(at now: MonotonicInstant) -> Bool {
    switch state {
    case .registered(let outstanding) where outstanding > 0:
      state = .registered(outstanding: outstanding - 1)
      return false
    case .registered:
      due = min(due, now.advanced(by: configuration.contested))
      return false
    case .unanswered(_, 0):
      // Nothing has been asked since ICMP's report: whoever forges one, and has the beacon ask its question then, must
      // not put the next announcement off either.
      due = min(due, now.advanced(by: configuration.contested))
      return false
    case .unanswered(_, let announcements):
      state = .registered(outstanding: max(announcements - 1, 0))
      let next = now.advanced(by: configuration.interval)
      due = appointment.map { min($0, next) } ?? next
      return true
    }
  }

  /// The beacon's address asks for a proof.
  ///
  /// A signature costs more than the datagram that draws it, and addresses can be forged: one challenge is answered for
  /// each announcement under way, none that comes unasked.
  ///
  /// - Returns: Whether to sign.
  public mutating func challenged(at now: MonotonicInstant) -> Bool {
    let expected = challengesExpected(at: now)
    guard expected > 0 else { return false }
    underWay?.count = expected - 1
    return true
  }

  private func challengesExpected(at now: MonotonicInstant) -> Int {
    guard let underWay, underWay.since.duration(to: now) <= configuration.challengeLimit else { return 0 }
    return underWay.count
  }

  /// An announcement is due at this time, also if others come before.
  mutating func appoint(at time: MonotonicInstant) {
    appointment = time
    bringForward(to: time)
  }

  /// The next announcement is due at this time, if it isn't earlier.
  mutating func bringForward(to time: MonotonicInstant) { due = min(due, time) }

  /// ICMP has reported that nothing listens where the beacon was: it has been restarted, or is about to be.
  ///
  /// As long as each announcement brings a report, they go on at this pace. Without one they become rare, as always.
  ///
  /// - Returns: Whether an announcement is due sooner than before.
  public mutating func unreachable(at now: MonotonicInstant) -> Bool {
    state = .unanswered(retry: configuration.unreachableRetry, announcements: 0)
    let sooner = now.advanced(by: configuration.unreachableRetry)
    guard sooner < due else { return false }
    due = sooner
    return true
  }
}
