import PilotTransport
import PilotWire

/// A ``BeaconLink`` over UDP.
struct DatagramLink: Sendable {
  private enum Place: Sendable {
    case unknown(candidates: [Endpoint], askAt: MonotonicInstant, then: Duration)
    case known(RegistrationSchedule)
  }

  private enum Evidence: Sendable {
    /// The beacon has yet to answer. Nothing is said before the deadline, and nothing more after it.
    case none(deadline: MonotonicInstant?)
    /// It has, and a frame has yet to come through.
    case answered(probeAt: MonotonicInstant, then: Duration, deadline: MonotonicInstant?)
    /// Frames come through.
    case shown
  }

  private let node: NodeID
  private let token: ProbeToken
  private let configuration: BeaconLink.Configuration
  private(set) var beacon: Endpoint
  private(set) var state = NodeState.joining
  private var place: Place
  private var evidence: Evidence
  /// Where the beacon saw the node last.
  private var observed: Endpoint?
  /// Announcements since the last answer.
  private var unanswered = 0
  /// The candidates that this machine can't send to, as far as the last questions showed.
  private var unsendable: Set<Endpoint> = []
  /// When to look the beacon's name up again; nil for one that has none.
  private var renewal: NameRenewal?

  /// How rarely probes are sent in the end.
  private static let longestProbeGap: Duration = .seconds(10)

  init(
    node: NodeID, _ first: Endpoint, _ candidates: [Endpoint], isNamed: Bool, token: ProbeToken,
    _ configuration: BeaconLink.Configuration, at now: MonotonicInstant
  ) {
    self.node = node
    self.token = token
    self.configuration = configuration
    beacon = first
    place =
      candidates.count > 1
      ? .unknown(candidates: candidates, askAt: now, then: configuration.askAgain)
      : .known(RegistrationSchedule(configuration.registration, at: now))
    evidence = .none(deadline: now.advanced(by: configuration.patience))
    renewal =
      isNamed ? NameRenewal(first: configuration.resolveAgain, longest: configuration.registration.interval) : nil
    if first.isUnresolved {
      place = .unknown(candidates: [], askAt: now, then: configuration.registration.interval)
      evidence = .none(deadline: now)
    }
  }

  // MARK: Time

  var deadline: MonotonicInstant? {
    var next =
      switch place {
      case .unknown(_, let askAt, _): askAt
      case .known(let schedule): schedule.due
      }
    if let due = renewal?.due { next = min(next, due) }
    return switch evidence {
    case .none(let deadline): min(next, deadline ?? next)
    case .answered(let probeAt, _, let deadline): min(next, probeAt, deadline ?? next)
    case .shown: next
    }
  }

  mutating func tick(at now: MonotonicInstant, _ outputs: inout OutputList) {
    switch place {
    case .unknown(let candidates, let askAt, let gap) where now >= askAt:
      let next = min(gap * 2, configuration.registration.interval)
      place = .unknown(candidates: candidates, askAt: now.advanced(by: gap), then: next)
      unsendable = []
      for candidate in candidates { outputs.append(.ask(candidate)) }
    case .unknown: break
    case .known(var schedule):
      if schedule.tick(at: now) == .announce { announce(&outputs) }
      place = .known(schedule)
    }
    switch evidence {
    case .none(let deadline?) where now >= deadline:
      evidence = .none(deadline: nil)
      tell(.unreachable(beacon.isUnresolved ? .unresolved : .unanswered), &outputs)
    case .answered(let probeAt, let gap, let deadline):
      let isOver = deadline.map { now >= $0 } ?? false
      if isOver { tell(.unreachable(.undelivered), &outputs) }
      let isDue = now >= probeAt
      if isDue { outputs.append(.probe(beacon)) }
      evidence = .answered(
        probeAt: isDue ? now.advanced(by: gap) : probeAt,
        then: isDue ? min(gap * 2, Self.longestProbeGap) : gap, deadline: isOver ? nil : deadline)
    case .none, .shown: break
    }
    let isSilent = isSilent
    if renewal?.tick(isSilent: isSilent, at: now) == true { outputs.append(.resolve) }
  }

  /// Whether the beacon doesn't answer, or can't be sent to.
  private var isSilent: Bool {
    switch state {
    case .unreachable(.unanswered), .unreachable(.unsendable), .unreachable(.unresolved): true
    default: false
    }
  }

  private mutating func announce(_ outputs: inout OutputList) {
    if unanswered >= configuration.lossLimit {
      switch evidence {
      case .none: break
      case .answered, .shown:
        evidence = .none(deadline: nil)
        tell(.unreachable(.unanswered), &outputs)
      }
    }
    unanswered += 1
    outputs.append(.announce(beacon))
  }

  private mutating func tell(_ state: NodeState, _ outputs: inout OutputList) {
    guard state != self.state else { return }
    self.state = state
    outputs.append(.state(state))
  }

  // MARK: Frames

  mutating func received(
    _ frame: RawSpan, from source: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList
  ) -> BeaconLink.Reception {
    switch place {
    case .unknown(let candidates, _, _):
      guard candidates.contains(source) else { return .direct }
      guard let reply = try? DiscoverReply(parsing: frame) else { return .direct }
      beacon = source
      observed = reply.endpoint
      place = .known(RegistrationSchedule(configuration.registration, at: now))
      tick(at: now, &outputs)
      return .control
    case .known(var schedule):
      guard source == beacon else { return .direct }
      if let delivery = Delivery(frame, for: node) {
        shown(&outputs)
        return delivery.sender == node && token.isCarried(by: delivery.payload) ? .probe : .message
      }
      if let reply = try? DiscoverReply(parsing: frame) {
        let isAsked = schedule.answered(at: now)
        place = .known(schedule)
        if isAsked { answered(reply.endpoint, at: now, &outputs) } else { tick(at: now, &outputs) }
      } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == node {
        if schedule.challenged(at: now) { outputs.append(.prove(challenge, beacon)) }
        place = .known(schedule)
      }
      return .control
    }
  }

  /// An announcement has drawn an answer. Nothing is learnt from others, and no probe follows them: whoever forges answers
  /// could have as many sent.
  private mutating func answered(
    _ endpoint: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList
  ) {
    unanswered = 0
    switch evidence {
    case .none(let deadline):
      observed = endpoint
      evidence = .answered(
        probeAt: now, then: configuration.probeAgain,
        deadline: deadline ?? now.advanced(by: configuration.patience))
    case .answered(_, let gap, let deadline):
      observed = endpoint
      evidence = .answered(probeAt: now, then: gap, deadline: deadline)
    case .shown where observed == nil:
      observed = endpoint
      tell(.ready(observed: observed), &outputs)
    case .shown where observed != endpoint:
      // What came through went to the old address. The beacon names the new one also to a node that it doesn't believe
      // there.
      observed = endpoint
      evidence = .answered(
        probeAt: now, then: configuration.probeAgain, deadline: now.advanced(by: configuration.patience))
    case .shown: break
    }
    tick(at: now, &outputs)
  }

  /// A frame has come through the beacon.
  private mutating func shown(_ outputs: inout OutputList) {
    if case .shown = evidence { return }
    evidence = .shown
    tell(.ready(observed: observed), &outputs)
  }

  // MARK: What goes wrong

  /// The beacon's name stands for these addresses. The one from before is asked as well: name servers lag behind, and the
  /// beacon may come back to it.
  mutating func resolved(_ addresses: [Endpoint], at now: MonotonicInstant, _ outputs: inout OutputList) {
    guard isSilent, let first = addresses.first else { return }
    if beacon.isUnresolved {
      beacon = first
      evidence = .none(deadline: now.advanced(by: configuration.patience))
    }
    let candidates = BeaconLink.Path.datagrams(beacon: first, others: addresses + [beacon]).addresses
    switch place {
    case .known where candidates == [beacon]: return
    case .unknown(let asked, _, _) where Set(asked) == Set(candidates): return
    case .known, .unknown: place = .unknown(candidates: candidates, askAt: now, then: configuration.askAgain)
    }
    tick(at: now, &outputs)
  }

  /// ICMP has reported that nothing listens at an address.
  mutating func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList) {
    guard endpoint == beacon else { return }
    switch place {
    case .known(var schedule):
      _ = schedule.unreachable(at: now)
      place = .known(schedule)
    case .unknown(let candidates, let askAt, let gap) where observed != nil:
      // It has been the beacon, and is expected back.
      let sooner = now.advanced(by: configuration.registration.unreachableRetry)
      place = .unknown(candidates: candidates, askAt: min(askAt, sooner), then: gap)
    case .unknown:
      return
    }
    tick(at: now, &outputs)
  }

  /// Where nothing can be sent, waiting for an answer is pointless: not to the beacon, or to none of its addresses.
  mutating func refused(_ output: BeaconLink.Output, _ error: TransportError.Code, _ outputs: inout OutputList) {
    if case .announce = output, error == .backpressure {
      // It was not sent, so that its answer isn't missing.
      unanswered = max(unanswered - 1, 0)
    }
    if error == .backpressure || error == .closed { return }
    if case .none(nil) = evidence { return }
    switch (output, place) {
    case (.announce, .known): break
    case (.ask(let candidate), .unknown(let candidates, _, _)):
      unsendable.insert(candidate)
      guard unsendable.count == candidates.count else { return }
    default: return
    }
    evidence = .none(deadline: nil)
    tell(.unreachable(.unsendable(error)), &outputs)
  }
}

extension Endpoint {
  /// Whether it stands for the address of a beacon whose name could not be resolved yet.
  fileprivate var isUnresolved: Bool { self == .any(port: port) }
}
