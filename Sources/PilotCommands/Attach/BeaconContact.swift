import PilotNode
import PilotTransport
import PilotWire

/// How a node on UDP comes to its beacon, and stays known to it.
///
/// 1. A name can have several addresses, of which some lead nowhere: all are asked what they see (a Discover with node 0,
///    which registers nothing), and the first that answers is the beacon from then on.
/// 2. It is told where the node is (``RegistrationSchedule``).
/// 3. Its answer says only that it is there: who believes the node elsewhere answers, too. What shows that frames come
///    through is one that the node relays to itself. So one is sent after each answer, until it comes back or patience ends.
///
/// A value without clock, socket or random source.
struct BeaconContact: Sendable {
  /// The times.
  struct Configuration: Sendable, Equatable {
    /// How long until the node is ready without evidence, or another way is taken. Default 2 s.
    var patience: Duration = .seconds(2)
    /// From the first question to all addresses to the second one; doubles from each to the next. Default 250 ms.
    var askAgain: Duration = .milliseconds(250)
    /// From one frame to itself to the next, while none comes back. Default 250 ms.
    var probeAgain: Duration = .milliseconds(250)
    /// When it announces itself.
    var registration = RegistrationSchedule.Configuration()
  }

  /// What to do now, and then to ask again.
  enum Action: Sendable, Equatable {
    /// Send each of these a Discover with node 0.
    case ask([Endpoint])
    /// Send the beacon a Discover.
    case announce(Endpoint)
    /// Have the beacon relay a frame to this node itself.
    case probe(Endpoint)
    /// It is known how the node stands. Once.
    case settled(Reachability)
    /// Nothing before this instant.
    case wait(until: MonotonicInstant)
  }

  /// How the node stands with its beacon.
  enum Reachability: Sendable, Equatable {
    /// What is sent to it arrives.
    case reachable
    /// The beacon doesn't answer.
    case unanswered
    /// The beacon answers, and delivers nothing: it holds the node to be elsewhere, or doesn't take it.
    case undelivered
  }

  private enum Place: Sendable, Equatable {
    case unknown(candidates: [Endpoint], askAt: MonotonicInstant, then: Duration)
    case known(RegistrationSchedule)
  }

  private enum Evidence: Sendable, Equatable {
    /// The beacon has yet to answer.
    case none(deadline: MonotonicInstant)
    case answered(probeAt: MonotonicInstant, deadline: MonotonicInstant)
    /// Found, and to be told.
    case found(Reachability)
    case told
  }

  private let configuration: Configuration
  /// Where frames for the beacon go: until one of its addresses has answered, the first one. All go on being asked.
  private(set) var beacon: Endpoint
  private var place: Place
  private var evidence: Evidence

  /// Begins.
  ///
  /// - Parameters:
  ///   - first: The beacon's address.
  ///   - others: Further ones that its name has, if it has.
  init(first: Endpoint, others: [Endpoint], _ configuration: Configuration = Configuration(), at now: MonotonicInstant)
  {
    self.configuration = configuration
    beacon = first
    place =
      others.isEmpty
      ? .known(RegistrationSchedule(configuration.registration, at: now))
      : .unknown(candidates: [first] + others, askAt: now, then: configuration.askAgain)
    evidence = .none(deadline: now.advanced(by: configuration.patience))
  }

  /// Whether it is known which of the addresses is the beacon's.
  var isPlaced: Bool {
    if case .known = place { return true }
    return false
  }

  /// Time has passed.
  mutating func tick(at now: MonotonicInstant) -> Action {
    if let reachability = settle(at: now) { return .settled(reachability) }
    switch place {
    case .unknown(let candidates, let askAt, let gap):
      guard now >= askAt else { return .wait(until: earliest(askAt)) }
      place = .unknown(
        candidates: candidates, askAt: now.advanced(by: gap), then: min(gap * 2, configuration.registration.interval))
      return .ask(candidates)
    case .known(var schedule):
      let action = schedule.tick(at: now)
      place = .known(schedule)
      guard case .wait(let until) = action else { return .announce(beacon) }
      guard case .answered(let probeAt, let deadline) = evidence, now >= probeAt else {
        return .wait(until: earliest(until))
      }
      evidence = .answered(probeAt: now.advanced(by: configuration.probeAgain), deadline: deadline)
      return .probe(beacon)
    }
  }

  /// A DiscoverReply has come.
  ///
  /// - Returns: Whether there is something to do now.
  mutating func answered(from source: Endpoint, at now: MonotonicInstant) -> Bool {
    switch place {
    case .unknown(let candidates, _, _):
      guard candidates.contains(source) else { return false }
      beacon = source
      place = .known(RegistrationSchedule(configuration.registration, at: now))
    case .known(var schedule):
      guard source == beacon else { return false }
      _ = schedule.answered(at: now)
      place = .known(schedule)
      switch evidence {
      case .none(let deadline), .answered(_, let deadline): evidence = .answered(probeAt: now, deadline: deadline)
      case .found, .told: break
      }
    }
    return true
  }

  /// A DiscoverChallenge for this node has come.
  ///
  /// - Returns: Whether to prove who this is.
  mutating func challenged(from source: Endpoint, at now: MonotonicInstant) -> Bool {
    guard source == beacon, case .known(var schedule) = place else { return false }
    defer { place = .known(schedule) }
    return schedule.challenged(at: now)
  }

  /// The frame to itself has come back.
  ///
  /// - Returns: Whether the beacon delivered it: else it is anybody's.
  mutating func returned(from source: Endpoint) -> Bool {
    guard source == beacon, isPlaced else { return false }
    switch evidence {
    case .none, .answered: evidence = .found(.reachable)
    case .found, .told: break
    }
    return true
  }

  /// ICMP has reported that nothing listens at an address.
  ///
  /// - Returns: Whether something is due sooner than before.
  mutating func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    guard endpoint == beacon, case .known(var schedule) = place else { return false }
    defer { place = .known(schedule) }
    return schedule.unreachable(at: now)
  }

  /// No address can be sent to. Waiting for an answer is pointless.
  mutating func cannotSend() {
    switch evidence {
    case .none, .answered: evidence = .found(.unanswered)
    case .found, .told: break
    }
  }

  private mutating func settle(at now: MonotonicInstant) -> Reachability? {
    switch evidence {
    case .none(let deadline) where now >= deadline: evidence = .found(.unanswered)
    case .answered(_, let deadline) where now >= deadline: evidence = .found(.undelivered)
    case .none, .answered, .found, .told: break
    }
    guard case .found(let reachability) = evidence else { return nil }
    evidence = .told
    return reachability
  }

  private func earliest(_ instant: MonotonicInstant) -> MonotonicInstant {
    switch evidence {
    case .none(let deadline): min(instant, deadline)
    case .answered(let probeAt, let deadline): min(instant, probeAt, deadline)
    case .found, .told: instant
    }
  }
}
