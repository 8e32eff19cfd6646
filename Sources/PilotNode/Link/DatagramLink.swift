import PilotTransport
import PilotWire

/// A ``BeaconLink`` over UDP.
struct DatagramLink: Sendable {
  private enum Place: Sendable {
    /// All candidates are asked.
    case unknown(askAt: MonotonicInstant, then: Duration)
    case known(RegistrationSchedule)
  }

  private enum Evidence: Sendable {
    /// The beacon has yet to answer. Nothing is said before the deadline, and nothing more after it.
    case none(deadline: MonotonicInstant?)
    /// The frame to itself that went with an announcement is back before the answer, which says where the beacon sees the node:
    /// until then that is waited for, so that `ready` is told once.
    case returned(until: MonotonicInstant)
    /// It has answered, and a frame has yet to come through.
    case answered(probeAt: MonotonicInstant, then: Duration, deadline: MonotonicInstant?)
    /// Frames come through.
    case shown
  }

  private let node: NodeID
  private let token: ProbeToken
  private let configuration: BeaconLink.Configuration
  /// Where the beacon may be.
  private var candidates: [Endpoint]
  /// Where it was last, or the first candidate.
  private(set) var beacon: Endpoint
  /// Whether it was there.
  private var isFound: Bool
  private(set) var state = NodeState.joining
  private var place: Place
  private var evidence: Evidence
  /// Where the beacon saw the node last.
  private var observed: Endpoint?
  /// Announcements since the last answer.
  private var unanswered = 0
  private var lastAnnouncement: MonotonicInstant?
  /// The candidates that this machine can't send to, as far as the last questions showed.
  private var unsendable: Set<Endpoint> = []
  private var punchLimit = PunchLimit()
  /// When the beacon, or who forges its address, said last that it is about to end.
  private var lastDrain: MonotonicInstant?
  /// When to look the beacon's name up again; nil for one that has none.
  private var renewal: NameRenewal?

  /// How rarely probes are sent in the end.
  private static let longestProbeGap: Duration = .seconds(10)
  /// How rarely a beacon is believed that it is about to end.
  private static let drainInterval: Duration = .seconds(10)

  init(
    node: NodeID, _ first: Endpoint, _ candidates: [Endpoint], isNamed: Bool, token: ProbeToken,
    _ configuration: BeaconLink.Configuration, at now: MonotonicInstant
  ) {
    self.node = node
    self.token = token
    self.configuration = configuration
    self.candidates = candidates
    beacon = first
    isFound = candidates.count == 1 && !first.isUnresolved
    place =
      candidates.count > 1
      ? .unknown(askAt: now, then: configuration.askAgain)
      : .known(RegistrationSchedule(configuration.registration, at: now))
    evidence = .none(deadline: now.advanced(by: configuration.patience))
    renewal =
      isNamed ? NameRenewal(first: configuration.resolveAgain, longest: configuration.registration.interval) : nil
    if first.isUnresolved {
      self.candidates = []
      place = .unknown(askAt: now, then: configuration.registration.interval)
      evidence = .none(deadline: now)
    }
  }

  // MARK: Time

  var deadline: MonotonicInstant? {
    var next =
      switch place {
      case .unknown(let askAt, _): askAt
      case .known(let schedule): schedule.due
      }
    if let due = renewal?.due { next = min(next, due) }
    return switch evidence {
    case .none(let deadline): min(next, deadline ?? next)
    case .returned(let until): min(next, until)
    case .answered(let probeAt, _, let deadline): min(next, probeAt, deadline ?? next)
    case .shown: next
    }
  }

  mutating func tick(at now: MonotonicInstant, _ outputs: inout OutputList) {
    switch place {
    case .unknown(let askAt, let gap) where now >= askAt: ask(again: gap, at: now, &outputs)
    case .unknown: break
    case .known(var schedule):
      let action = schedule.tick(at: now)
      place = .known(schedule)
      if action == .announce { announce(at: now, &outputs) }
    }
    switch evidence {
    case .none(let deadline?) where now >= deadline:
      evidence = .none(deadline: nil)
      tell(.unreachable(beacon.isUnresolved ? .unresolved : .unanswered), &outputs)
      seek(at: now, &outputs)
    case .returned(let until) where now >= until: shown(&outputs)
    case .answered(let probeAt, let gap, let deadline):
      let isOver = deadline.map { now >= $0 } ?? false
      if isOver { tell(.unreachable(.undelivered), &outputs) }
      let isDue = now >= probeAt
      if isDue { outputs.append(.probe(beacon)) }
      evidence = .answered(
        probeAt: isDue ? now.advanced(by: gap) : probeAt,
        then: isDue ? min(gap * 2, Self.longestProbeGap) : gap, deadline: isOver ? nil : deadline)
    case .none, .returned, .shown: break
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

  private mutating func announce(at now: MonotonicInstant, _ outputs: inout OutputList) {
    if unanswered >= configuration.lossLimit {
      switch evidence {
      case .none, .returned: break
      case .answered, .shown:
        evidence = .none(deadline: nil)
        tell(.unreachable(.unanswered), &outputs)
      }
      if seek(at: now, &outputs) { return }
    }
    unanswered += 1
    lastAnnouncement = now
    outputs.append(.announce(beacon))
    if case .none = evidence { outputs.append(.probe(beacon)) }
  }

  /// The beacon may be at another of its addresses by now, or that may be the one which a way leads to.
  ///
  /// - Returns: Whether there is another one to ask.
  @discardableResult
  private mutating func seek(at now: MonotonicInstant, _ outputs: inout OutputList) -> Bool {
    guard candidates.count > 1 else { return false }
    if case .known = place { ask(again: configuration.askAgain, at: now, &outputs) }
    return true
  }

  private mutating func ask(again gap: Duration, at now: MonotonicInstant, _ outputs: inout OutputList) {
    place = .unknown(askAt: now.advanced(by: gap), then: min(gap * 2, configuration.registration.interval))
    unsendable = []
    for candidate in candidates { outputs.append(.ask(candidate)) }
  }

  /// The beacon is here.
  private mutating func found(_ source: Endpoint, at now: MonotonicInstant) {
    beacon = source
    isFound = true
    unanswered = 0
    // Whoever can have the node lose and find its beacon must not have it announce itself more often than reports of ICMP do.
    let earliest = lastAnnouncement?.advanced(by: configuration.registration.unreachableRetry) ?? now
    place = .known(RegistrationSchedule(configuration.registration, at: max(now, earliest)))
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
    if case .unknown = place {
      if candidates.contains(source), let reply = try? DiscoverReply(parsing: frame) {
        found(source, at: now)
        observed = reply.endpoint
        tick(at: now, &outputs)
        return .control
      }
      guard isFound, source == beacon else { return .direct }
      // What it delivers shows that it is where it was.
      guard Delivery(frame, for: node) != nil else { return BeaconLink.Reception(ofControl: frame) }
      found(source, at: now)
    }
    switch place {
    case .unknown: return .direct
    case .known(var schedule):
      guard source == beacon else { return .direct }
      if let delivery = Delivery(frame, for: node) {
        if delivery.sender == node, token.isCarried(by: delivery.payload) {
          relayed(at: now, &outputs)
          return .probe
        }
        shown(&outputs)
        return .message
      }
      if let reply = try? DiscoverReply(parsing: frame) {
        let isAsked = schedule.answered(at: now)
        place = .known(schedule)
        if isAsked { answered(reply.endpoint, at: now, &outputs) } else { tick(at: now, &outputs) }
      } else if let challenge = try? DiscoverChallenge(parsing: frame), challenge.node == node {
        if schedule.challenged(at: now) { prove(challenge, &outputs) }
        place = .known(schedule)
      } else if let drain = try? Drain(parsing: frame), drain.node == node {
        told(drain.comeBack, at: now)
      } else if let command = try? PunchCommand(parsing: frame) {
        outputs.append(punchLimit.admits(at: now) ? .punch(command.endpoint) : .punchHeldBack)
      }
      return BeaconLink.Reception(ofControl: frame)
    }
  }

  /// What the beacon believes only by a proof comes through from here on.
  private func prove(_ challenge: DiscoverChallenge, _ outputs: inout OutputList) {
    outputs.append(.prove(challenge, beacon))
    switch evidence {
    case .none, .answered: outputs.append(.probe(beacon))
    case .returned, .shown: break
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
    case .returned:
      observed = endpoint
      shown(&outputs)
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

  /// The beacon is about to end, and is to be told of the node when somebody is there again: at a moment of the node's own. Nobody has
  /// signed that: it brings one announcement forward, and changes nothing else.
  private mutating func told(_ comeBack: ReturnSpan, at now: MonotonicInstant) {
    guard case .known(var schedule) = place, lastDrain.map({ $0.duration(to: now) >= Self.drainInterval }) ?? true
    else { return }
    lastDrain = now
    let choice = UInt32(truncatingIfNeeded: token.low) % (comeBack.until - comeBack.from + 1)
    schedule.appoint(at: now.advanced(by: .milliseconds(comeBack.from + choice)))
    place = .known(schedule)
  }

  var awaitsAnswer: Bool {
    guard case .known(let schedule) = place else { return true }
    return !schedule.isRegistered
  }

  mutating func sees(_ endpoint: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList) {
    if observed != nil, observed != endpoint { announceSoon(at: now, &outputs) }
  }

  /// Addresses can be forged: whatever answers claim, the node announces itself no more often than reports of ICMP have it.
  mutating func announceSoon(at now: MonotonicInstant, _ outputs: inout OutputList) {
    guard case .known(var schedule) = place else { return }
    let earliest = lastAnnouncement?.advanced(by: configuration.registration.unreachableRetry) ?? now
    schedule.bringForward(to: max(now, earliest))
    place = .known(schedule)
    tick(at: now, &outputs)
  }

  /// The frame to itself is back, by whichever path.
  mutating func relayed(at now: MonotonicInstant, _ outputs: inout OutputList) {
    guard case .known = place else { return }
    switch evidence {
    case .none where unanswered > 0: evidence = .returned(until: now.advanced(by: configuration.probeAgain))
    case .returned: break
    case .none, .answered, .shown: shown(&outputs)
    }
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
    let candidates = BeaconLink.Target.datagrams(beacon: first, others: addresses + [beacon]).addresses
    guard Set(candidates) != Set(self.candidates) else { return }
    self.candidates = candidates
    // It announces itself there already.
    if case .known = place, candidates == [beacon] { return }
    place = .unknown(askAt: now, then: configuration.askAgain)
    tick(at: now, &outputs)
  }

  /// ICMP has reported that nothing listens at an address.
  mutating func unreachable(_ endpoint: Endpoint, at now: MonotonicInstant, _ outputs: inout OutputList) {
    switch place {
    case .unknown(let askAt, let gap):
      guard candidates.contains(endpoint) else { return }
      // Each question that brings a report is followed by another one, so that a beacon that is back is found as fast.
      place = .unknown(askAt: min(askAt, now.advanced(by: configuration.registration.unreachableRetry)), then: gap)
    case .known(var schedule):
      guard endpoint == beacon else { return }
      _ = schedule.unreachable(at: now)
      place = .known(schedule)
    }
    tick(at: now, &outputs)
  }

  /// Where nothing can be sent, waiting for an answer is pointless: not to the beacon, or to none of its addresses.
  mutating func refused(
    _ output: BeaconLink.Output, _ error: TransportError.Code, at now: MonotonicInstant, _ outputs: inout OutputList
  ) {
    if case .announce = output, error == .backpressure {
      // It was not sent, so that its answer isn't missing.
      unanswered = max(unanswered - 1, 0)
    }
    if error == .backpressure || error == .closed { return }
    if case .none(nil) = evidence { return }
    switch (output, place) {
    case (.announce, .known): break
    case (.ask(let candidate), .unknown):
      unsendable.insert(candidate)
      guard unsendable.count == candidates.count else { return }
    default: return
    }
    evidence = .none(deadline: nil)
    tell(.unreachable(.unsendable(error)), &outputs)
    seek(at: now, &outputs)
  }
}

extension Endpoint {
  /// Whether it stands for the address of a beacon whose name could not be resolved yet.
  fileprivate var isUnresolved: Bool { self == .any(port: port) }
}
