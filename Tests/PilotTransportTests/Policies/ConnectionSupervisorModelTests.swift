import PilotTesting
import PilotTransport
import Testing

@Suite("ConnectionSupervisor, at random")
struct ConnectionSupervisorModelTests {
  enum Event: Sendable {
    case start, timerFired, connected, rest, redial, close
    case down(hopeless: Bool, retryAfter: Int, hold: Int, random: Double)
  }

  /// What a supervisor must do, told from the whole history of events instead of a state.
  private struct History {
    enum Event: Equatable {
      case dial, connected(MonotonicInstant), wait, rest, close
    }

    var events: [Event] = []
    /// Failures since the last connection that lived, and whether one of them was hopeless.
    var failures = 0
    var isHopeless = false

    var last: Event? { events.last }
    var isClosed: Bool { events.contains(.close) }
    var isIdle: Bool { events.isEmpty || last == .rest }
    var hasConnectedSinceRest: Bool {
      events.reversed().prefix { $0 != .rest }.contains { if case .connected = $0 { true } else { false } }
    }
    var connectedSince: MonotonicInstant? { if case .connected(let since) = last { since } else { nil } }

    /// A connection that was up has ended: one that has lived makes what had failed before forgotten.
    mutating func ended(at now: MonotonicInstant, _ configuration: Backoff.Configuration) {
      guard let since = connectedSince, since.duration(to: now) >= configuration.resetAfter else { return }
      failures = 0
      isHopeless = false
    }

    /// The longest delay that the next attempt may have.
    func ceiling(_ configuration: Backoff.Configuration) -> Duration {
      if isHopeless { return configuration.maximum }
      return (0..<failures).reduce(configuration.initial) { delay, _ in min(delay * 2, configuration.maximum) }
    }
  }

  static func draw(_ random: inout SeededRandom) -> (after: Duration, event: Event) {
    let after = Duration.milliseconds(Int.random(in: 0...20_000, using: &random))
    switch Int.random(in: 0..<1_000, using: &random) {
    case 0..<3: return (after, .close)
    case 3..<70: return (after, .start)
    case 70..<90: return (after, .rest)
    case 90..<100: return (after, .redial)
    case 100..<300: return (after, .timerFired)
    case 300..<650: return (after, .connected)
    default:
      let retryAfter = random.chance(0.2) ? Int.random(in: 0...90, using: &random) : 0
      let hold = random.chance(0.05) ? Int.random(in: 0...600, using: &random) : 0
      return (
        after, .down(hopeless: random.chance(0.05), retryAfter: retryAfter, hold: hold, random: random.fraction())
      )
    }
  }

  @Test("does what its history says", arguments: Seeds.all)
  func model(_ seed: UInt64) async {
    var random = SeededRandom(seed: ~seed)
    var configuration = Backoff.Configuration()
    configuration.maximum = .seconds(Int.random(in: 1...60, using: &random))
    configuration.resetAfter = .seconds(Int.random(in: 0...20, using: &random))
    let found = await Counterexample.search(seed: seed, events: 600, draw: Self.draw) { events in
      var supervisor = ConnectionSupervisor(backoff: configuration)
      var history = History()
      var now = MonotonicInstant.start
      for (step, (after, event)) in events.enumerated() {
        now = now.advanced(by: after)
        let difference = Self.perform(event, on: &supervisor, configuration, at: now, &history)
        if let difference { return .init(after: step, difference) }
        guard supervisor.isConnected == (history.connectedSince != nil) else {
          return .init(after: step, "isConnected is \(supervisor.isConnected)")
        }
      }
      return nil
    }
    if let found { Issue.record("\(configuration): \(found)") }
  }

  private static func perform(
    _ event: Event, on supervisor: inout ConnectionSupervisor, _ configuration: Backoff.Configuration,
    at now: MonotonicInstant, _ history: inout History
  ) -> String? {
    switch event {
    case .start: return due(supervisor.start(), history.isIdle, &history)
    case .timerFired: return due(supervisor.timerFired(), history.last == .wait, &history)
    case .connected: return connected(supervisor.connected(at: now), at: now, &history)
    case .down(let hopeless, let retryAfter, let held, let random):
      let (asked, hold) = (Duration.seconds(retryAfter), Duration.seconds(held))
      let action = supervisor.down(hopeless: hopeless, retryAfter: asked, hold: hold, at: now, random: random)
      return down(action, configuration, hopeless: hopeless, asked: asked, hold: hold, at: now, &history)
    case .rest:
      let hasSomething = !history.isIdle && !history.isClosed
      guard supervisor.rest(at: now) == hasSomething else { return "rest() when there was something: \(hasSomething)" }
      if hasSomething {
        history.ended(at: now, configuration)
        history.events.append(.rest)
      }
      return nil
    case .redial:
      let hasSomething = !history.isIdle && !history.isClosed
      if hasSomething { (history.failures, history.isHopeless) = (0, false) }
      return due(supervisor.redial(), hasSomething, &history)
    case .close:
      let wasClosed = history.isClosed
      history.events.append(.close)
      return supervisor.close() == !wasClosed ? nil : "close() when closed: \(wasClosed)"
    }
  }

  private static func due(
    _ action: ConnectionSupervisor.OnDue, _ dials: Bool, _ history: inout History
  ) -> String? {
    if dials { history.events.append(.dial) }
    return action == (dials ? .dial : .nothing) ? nil : "\(action)"
  }

  private static func connected(
    _ action: ConnectionSupervisor.OnConnected, at now: MonotonicInstant, _ history: inout History
  ) -> String? {
    guard history.last == .dial else { return action == .discard ? nil : "\(action), and nothing was dialled" }
    let isFirst = !history.hasConnectedSinceRest
    history.events.append(.connected(now))
    return action == .announce(first: isFirst) ? nil : "\(action), first: \(isFirst)"
  }

  private static func down(
    _ action: ConnectionSupervisor.OnDown, _ configuration: Backoff.Configuration, hopeless: Bool,
    asked: Duration, hold: Duration, at now: MonotonicInstant, _ history: inout History
  ) -> String? {
    guard history.last == .dial || history.connectedSince != nil else {
      return action == .nothing ? nil : "\(action), and nothing was up"
    }
    history.ended(at: now, configuration)
    if hopeless { history.isHopeless = true }
    let ceiling = history.ceiling(configuration)
    history.failures += 1
    history.events.append(.wait)
    let shortest = min(asked, configuration.maximum)
    guard case .wait(let delay, history.failures) = action, delay >= max(ceiling * 0.5, shortest, hold),
      delay <= max(min(max(ceiling, asked * 1.5), configuration.maximum), hold)
    else {
      return "\(action) after \(history.failures) failures, with a ceiling of \(ceiling)"
    }
    return nil
  }
}
