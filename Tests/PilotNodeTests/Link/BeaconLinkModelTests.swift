import PilotNode
import PilotTesting
import PilotTransport
import PilotWire
import Testing

/// A link over datagrams that hears anything from anybody at any time, beside a model that knows what may be believed.
@Suite("BeaconLink, at random")
struct BeaconLinkModelTests {
  enum Event: Sendable {
    case onTime
    case late(Duration)
    case reply(Source, Endpoint)
    case probe(Source), message(Source), challenge(Source, own: Bool), noise(Source), gone(Source)
    case report(Source)
    case punch(Source)
    /// Of the last thing that was to be sent.
    case refused(TransportError.Code)
  }

  enum Source: CaseIterable, Sendable {
    case first, second, stranger

    var endpoint: Endpoint {
      switch self {
      case .first: LinkRun.beacon
      case .second: LinkRun.second
      case .stranger: LinkRun.stranger
      }
    }
  }

  static func draw(_ random: inout SeededRandom) -> Event {
    // The second is the one that answers most.
    let source = [.second, .second, .second, .first, .stranger][Int.random(in: 0..<5, using: &random)] as Source
    return switch Int.random(in: 0..<24, using: &random) {
    case 0..<7: .onTime
    case 7: .late(.milliseconds(Int.random(in: 0...90_000, using: &random)))
    case 8..<11: .reply(source, random.chance(0.8) ? LinkRun.seen : LinkRun.elsewhere)
    case 11..<13: .probe(source)
    case 13: .message(source)
    case 14..<16: .challenge(source, own: random.chance(0.8))
    case 16: .noise(source)
    case 17..<19: .report(source)
    case 19..<22: .punch(source)
    case 22: .gone(source)
    default: .refused(random.chance(0.5) ? .unreachable : .backpressure)
    }
  }

  /// What a node may believe, by the plainest bookkeeping.
  private struct Model {
    let hasSeveral: Bool
    var beacon = LinkRun.beacon
    var isKnown: Bool
    /// Whether it was known once: what comes from there is the beacon's, also while all addresses are asked again.
    var wasKnown: Bool
    var state = NodeState.joining
    var observed: Endpoint?
    /// What was told last.
    var told: Endpoint?
    /// Whether the beacon has named another address since a frame came through.
    var hasMoved = false
    /// Announcements since the last answer.
    var unanswered = 0
    /// Whether there was an announcement since the last answer to one, and the last report of ICMP.
    var isAsked = false
    var announcements = 0
    /// Whether the last thing that was to be sent was an announcement or a proof.
    var mayProbe = false
    /// Whether a probe is back and waits for the answer to its announcement.
    var isBack = false
    var proofs = 0
    /// Requests of the beacon's to punch, answered or held back.
    var punches = 0
    var lastAnnouncement: MonotonicInstant?

    init(hasSeveral: Bool) {
      self.hasSeveral = hasSeveral
      isKnown = !hasSeveral
      wasKnown = isKnown
    }

    func believes(_ source: Source) -> Bool { wasKnown && source.endpoint == beacon }

    mutating func found(_ source: Source) {
      (beacon, isKnown, wasKnown) = (source.endpoint, true, true)
      (unanswered, isAsked) = (0, false)
    }

    /// All addresses may be asked again.
    mutating func lost() {
      if hasSeveral { isKnown = false }
    }

    /// - Returns: What the frame has to be taken for.
    mutating func heard(_ event: Event) -> BeaconLink.Reception? {
      switch event {
      case .reply(let source, let endpoint):
        let isCandidate = hasSeveral && source != .stranger
        if !isKnown, isCandidate {
          found(source)
          observed = endpoint
          return .control
        }
        guard believes(source) else { return .direct }
        if isAsked {
          if state.isReady, let told, told != endpoint { hasMoved = true }
          (observed, unanswered, isAsked) = (endpoint, 0, false)
        }
        return .control
      case .probe(let source), .message(let source):
        guard believes(source) else { return .direct }
        if !isKnown { found(source) }
        hasMoved = false
        if case .probe = event {
          isBack = !state.isReady
          return .probe
        }
        return .message
      case .challenge(let source, _), .noise(let source), .punch(let source):
        return believes(source) ? .control : .direct
      case .gone(let source): return believes(source) ? .gone(LinkRun.peer) : .direct
      case .report(let source):
        if believes(source) { isAsked = false }
        return nil
      case .onTime, .late, .refused: return nil
      }
    }

    /// The transport did not take an output.
    mutating func refused(_ output: BeaconLink.Output, _ code: TransportError.Code) {
      if case .announce = output, code == .backpressure { unanswered = max(unanswered - 1, 0) }
    }
  }

  private static func frame(_ event: Event) -> ([UInt8], Source)? {
    switch event {
    case .reply(let source, let endpoint): (LinkRun.reply(endpoint), source)
    case .probe(let source): (LinkRun.probe, source)
    case .message(let source): (LinkRun.delivery(), source)
    case .challenge(let source, let own):
      (LinkRun.challenge(of: own ? LinkRun.node : LinkRun.peer).encoded(), source)
    case .punch(let source): (PunchCommand(endpoint: LinkRun.elsewhere).encoded(), source)
    case .noise(let source): ([BeaconMessageType.notify.rawValue, 1], source)
    case .gone(let source): (Gone(destination: LinkRun.peer, reason: .notAttached).encoded(), source)
    case .onTime, .late, .report, .refused: nil
    }
  }

  /// What is wrong with an output, if anything.
  private static func check(
    _ output: BeaconLink.Output, _ event: Event, _ model: inout Model, at now: MonotonicInstant
  ) -> String? {
    let mayProbe = model.mayProbe
    model.mayProbe = false
    switch output {
    case .ask:
      if model.isKnown, model.unanswered >= 3 { model.lost() }
      // What can't be sent to the beacon may be sent to another address, whatever was told before.
      if case .refused = event { model.lost() }
      return model.isKnown ? "asks, though the beacon is known" : nil
    case .announce(let beacon):
      guard model.isKnown, beacon == model.beacon else { return "announces itself to \(beacon)" }
      if let last = model.lastAnnouncement, last.duration(to: now) < .milliseconds(500) {
        return "announces \(last.duration(to: now)) after the last one"
      }
      model.lastAnnouncement = now
      model.unanswered += 1
      model.isAsked = true
      model.announcements += 1
      model.mayProbe = true
    case .probe(let beacon):
      if model.state.isReady, !model.hasMoved { return "probes, though it is ready" }
      if !model.isKnown || beacon != model.beacon { return "probes \(beacon)" }
      if model.observed == nil, !mayProbe { return "probes before an answer, behind nothing" }
    case .prove(let challenge, let beacon):
      if challenge.node != LinkRun.node || beacon != model.beacon { return "proves \(challenge) to \(beacon)" }
      model.proofs += 1
      model.mayProbe = true
      if model.proofs > model.announcements { return "signs more often than it announces itself" }
    case .punch, .punchHeldBack:
      guard case .punch(let source) = event, model.believes(source) else { return "punches after \(event)" }
      model.punches += 1
    case .resolve: return "has no name to be looked up"
    case .state(let state):
      if state == model.state { return "\(state) is told twice" }
      if let fault = check(state, event, model) { return fault }
      model.state = state
      model.isBack = false
      switch state {
      case .ready(let observed): model.told = observed
      case .unreachable(.unanswered), .unreachable(.unsendable): model.lost()
      default: break
      }
    }
    return nil
  }

  private static func check(_ state: NodeState, _ event: Event, _ model: Model) -> String? {
    switch (state, event) {
    case (.ready(let observed), .probe(let source)), (.ready(let observed), .message(let source)):
      if !model.believes(source) { return "ready by a stranger's frame" }
      // What an answer names that was not asked for isn't told.
      let isKnown = observed == model.observed || observed == model.told
      return isKnown ? nil : "ready at \(String(describing: observed))"
    case (.ready(let observed), .onTime) where model.isBack, (.ready(let observed), .late) where model.isBack:
      let isKnown = observed == model.observed || observed == model.told
      return isKnown ? nil : "ready at \(String(describing: observed))"
    case (.ready(let observed), .reply(let source, let endpoint)):
      if model.state != .ready(observed: nil), !model.isBack { return "ready by an answer alone" }
      return model.believes(source) && observed == endpoint ? nil : "ready at \(String(describing: observed))"
    case (.unreachable(.unanswered), _) where model.state.isReady:
      return model.unanswered >= 3 ? nil : "given up after \(model.unanswered) announcements"
    case (.unreachable(.unsendable), .refused): return nil
    case (.unreachable(.undelivered), _) where model.hasMoved: return nil
    case (.unreachable(.unanswered), _), (.unreachable(.undelivered), _):
      return model.state == .joining || !model.state.isReady ? nil : "\(state)"
    default: return "\(state) after \(event)"
    }
  }

  @Test(
    "believes its beacon alone, is ready by what came through alone, and signs no more than it announces",
    arguments: Seeds.all, [false, true])
  func rules(_ seed: UInt64, _ hasSeveral: Bool) async {
    let found = await Counterexample.search(seed: seed, events: 300, draw: Self.draw) { events in
      var run = LinkRun(.datagrams(beacon: LinkRun.beacon, others: hasSeveral ? [LinkRun.second] : []))
      var model = Model(hasSeveral: hasSeveral)
      var last: BeaconLink.Output?
      // What is there from the start.
      for output in run.outputs() {
        if let fault = Self.check(output, .onTime, &model, at: run.now) { return .init(after: 0, fault) }
        last = output
      }
      for (step, event) in events.enumerated() {
        var reception: BeaconLink.Reception?
        let expected = model.heard(event)
        switch event {
        case .onTime: run.tick(at: run.link.deadline ?? run.now)
        case .late(let duration): run.tick(at: run.now.advanced(by: duration))
        case .report(let source): run.on(LinkRun.report(of: source.endpoint))
        case .refused(let code):
          if let last {
            model.refused(last, code)
            run.refuse(last, code)
          }
        case .reply, .probe, .message, .challenge, .noise, .gone, .punch:
          if let (frame, source) = Self.frame(event) { reception = run.receive(frame, from: source.endpoint) }
        }
        if reception != expected { return .init(after: step, "\(event) is taken for \(String(describing: reception))") }
        for output in run.outputs() {
          if let fault = Self.check(output, event, &model, at: run.now) { return .init(after: step, fault) }
          // Whether a probe was sent is nothing to a link.
          switch output {
          case .state, .probe: break
          default: last = output
          }
        }
        if run.link.beacon != model.beacon { return .init(after: step, "the beacon is \(run.link.beacon)") }
        if run.state != model.state { return .init(after: step, "\(run.state) was never told") }
        guard let deadline = run.link.deadline else { return .init(after: step, "nothing is due any more") }
        if deadline <= run.now, case .onTime = event { return .init(after: step, "what was due is due still") }
        if run.now.duration(to: deadline) > .seconds(60) { return .init(after: step, "waits until \(deadline)") }
      }
      return nil
    }
    if let found { Issue.record("\(found)") }
  }
}
