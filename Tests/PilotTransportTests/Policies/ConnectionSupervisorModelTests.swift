import PilotTesting
import PilotTransport
import Testing

@Suite("ConnectionSupervisor, at random")
struct ConnectionSupervisorModelTests {
  /// What a supervisor must do, told from the whole history of events instead of a state.
  private struct History {
    enum Event: Equatable {
      case dial, connected(MonotonicInstant), wait, close
    }

    var events: [Event] = []
    /// Failures since the last connection that lived, and whether one of them was hopeless.
    var failures = 0
    var isHopeless = false

    var last: Event? { events.last }
    var isClosed: Bool { events.contains(.close) }
    var everConnected: Bool { events.contains { if case .connected = $0 { true } else { false } } }
    var connectedSince: MonotonicInstant? { if case .connected(let since) = last { since } else { nil } }

    /// The longest delay that the next attempt may have.
    func ceiling(_ configuration: Backoff.Configuration) -> Duration {
      if isHopeless { return configuration.maximum }
      return (0..<failures).reduce(configuration.initial) { delay, _ in min(delay * 2, configuration.maximum) }
    }
  }

  @Test("does what its history says", arguments: Seeds.all)
  func model(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var configuration = Backoff.Configuration()
    configuration.maximum = .seconds(Int.random(in: 1...60, using: &random))
    configuration.resetAfter = .seconds(Int.random(in: 0...20, using: &random))
    var supervisor = ConnectionSupervisor(backoff: configuration)
    var history = History()
    var now = MonotonicInstant.start
    let closesAt = Int.random(in: 0...500, using: &random)
    for step in 0..<600 {
      now = now.advanced(by: .milliseconds(Int.random(in: 0...20_000, using: &random)))
      switch step == closesAt ? 9 : Int.random(in: 0..<9, using: &random) {
      case 0: due(supervisor.start(), history.events.isEmpty, &history)
      case 1...2: due(supervisor.timerFired(), history.last == .wait, &history)
      case 3...5: connected(&supervisor, at: now, &history)
      case 6...8: down(&supervisor, configuration, hopeless: random.chance(0.05), at: now, random.fraction(), &history)
      default:
        #expect(supervisor.close() == !history.isClosed)
        history.events.append(.close)
      }
      #expect(supervisor.isConnected == (history.connectedSince != nil))
    }
  }

  private func due(_ action: ConnectionSupervisor.OnDue, _ dials: Bool, _ history: inout History) {
    #expect(action == (dials ? .dial : .nothing))
    if dials { history.events.append(.dial) }
  }

  private func connected(
    _ supervisor: inout ConnectionSupervisor, at now: MonotonicInstant, _ history: inout History
  ) {
    let action = supervisor.connected(at: now)
    guard history.last == .dial else {
      #expect(action == .discard)
      return
    }
    #expect(action == .announce(first: !history.everConnected))
    history.events.append(.connected(now))
  }

  private func down(
    _ supervisor: inout ConnectionSupervisor, _ configuration: Backoff.Configuration, hopeless: Bool,
    at now: MonotonicInstant, _ random: Double, _ history: inout History
  ) {
    let action = supervisor.down(hopeless: hopeless, at: now, random: random)
    guard history.last == .dial || history.connectedSince != nil else {
      #expect(action == .nothing)
      return
    }
    if let since = history.connectedSince, since.duration(to: now) >= configuration.resetAfter {
      history.failures = 0
      history.isHopeless = false
    }
    if hopeless { history.isHopeless = true }
    let ceiling = history.ceiling(configuration)
    history.failures += 1
    guard case .wait(let delay, let attempt) = action else {
      Issue.record("\(action) follows the end of a connection")
      return
    }
    #expect(attempt == history.failures)
    #expect(delay >= ceiling * 0.5 && delay <= ceiling)
    history.events.append(.wait)
  }
}
