import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

/// Anything happens in any order, and a naive model knows which probes were sent where.
@Suite("A direct path's machine, at random")
struct DirectAtRandomTests {
  private enum Event: CustomStringConvertible {
    case pass(Int)
    case sent, opened(Int), named([Int]), commanded(Int), unreachable(Int), elsewhere(Int), closed, changed
    /// One of the latest probes comes back, from where it was sent or from elsewhere, with its token or another.
    case echo(back: Int, from: Int?, isForged: Bool)

    var description: String {
      switch self {
      case .pass(let time): "\(time) ms"
      case .sent: "sent"
      case .opened(let place): "opened from \(place)"
      case .named(let places): "named \(places)"
      case .commanded(let place): "commanded to \(place)"
      case .unreachable(let place): "unreachable \(place)"
      case .elsewhere(let place): "it is at \(place)"
      case .closed: "closed"
      case .changed: "network changed"
      case .echo(let back, let from, let isForged): "echo \(back) from \(from.map(String.init) ?? "there") \(isForged)"
      }
    }
  }

  private static func draw(_ random: inout SeededRandom) -> Event {
    func place() -> Int { Int.random(in: 0..<20, using: &random) }
    return switch Int.random(in: 0..<32, using: &random) {
    case 0..<8: .pass(Int.random(in: 1...(random.chance(0.1) ? 20_000 : 700), using: &random))
    case 8..<12: .sent
    case 12, 13: .opened(place())
    case 14, 15: .named((0..<Int.random(in: 0...8, using: &random)).map { _ in place() })
    case 16, 17: .commanded(place())
    case 18: .unreachable(place())
    case 19: .elsewhere(place())
    case 20: random.chance(0.2) ? .closed : .changed
    default:
      .echo(
        back: Int.random(in: 0..<12, using: &random), from: random.chance(0.2) ? place() : nil,
        isForged: random.chance(0.2))
    }
  }

  private static func endpoint(_ place: Int) -> Endpoint {
    switch place {
    case 0: Endpoint(ipv4: 127, 0, 0, 1, port: 4_000)
    case 1: Endpoint(ipv4: 224, 0, 0, 1, port: 4_000)
    case 2: Endpoint(ipv4: 192, 168, 1, 1, port: 53)
    case 3..<6: Endpoint(ipv4: 192, 168, 1, UInt8(place), port: 4_000)
    default: Endpoint(ipv4: 203, 0, 113, UInt8(place), port: 4_000)
    }
  }

  /// The subject, and what the model knows.
  private struct Play {
    var path = DirectPath(
      to: DirectWorld.ids[1], in: Surroundings(own: [], beacon: DirectWorld.beaconEndpoint), at: .start)
    var budget = DirectBudget()
    var random: SeededRandom
    var now = MonotonicInstant.start
    var probes: [(payload: ProbePayload, to: Endpoint, at: MonotonicInstant)] = []
    /// The addresses from which a probe has come back that was sent there, within its time and for the first time.
    var proven: Set<Endpoint> = []
    var requests: [MonotonicInstant] = []
    var route = TunnelRoute.relay
    var directSince: MonotonicInstant?
    var lastLeft: MonotonicInstant?

    mutating func play(_ event: Event) -> String? {
      var fault: String?
      switch event {
      case .pass(let time):
        let end = now.advanced(by: .milliseconds(time))
        while let due = path.deadline, due <= end, fault == nil {
          now = max(now, due)
          fault = perform()
        }
        now = end
      case .sent: path.sent(at: now)
      case .opened(let place): path.opened(from: DirectAtRandomTests.endpoint(place), at: now)
      case .named(let places):
        path.probed(
          ProbePayload(.call, token: 0, addresses: places.map(DirectAtRandomTests.endpoint)), by: .relay, at: now)
      case .commanded(let place): path.punchCommanded(to: DirectAtRandomTests.endpoint(place), at: now)
      case .unreachable(let place): path.unreachable(DirectAtRandomTests.endpoint(place), at: now)
      case .elsewhere(let place):
        let own = Endpoint(ipv4: 198, 51, 100, UInt8(10 + place), port: 4_000)
        path.surround(by: Surroundings(own: [own], beacon: DirectWorld.beaconEndpoint), at: now)
      case .closed: path.surround(by: Surroundings(hasDatagrams: false), at: now)
      case .changed: path.networkChanged(at: now)
      case .echo(let back, let from, let isForged): echo(back, from, isForged)
      }
      return fault ?? perform()
    }

    private mutating func echo(_ back: Int, _ from: Int?, _ isForged: Bool) {
      guard back < probes.count else { return }
      let index = probes.count - 1 - back
      let probe = probes[index]
      let source = from.map(DirectAtRandomTests.endpoint) ?? probe.to
      let payload = isForged ? ProbePayload(.probe, token: probe.payload.token &+ 1) : probe.payload
      if !isForged, source == probe.to, probe.at.duration(to: now) <= ProbeLedger.lifetime { proven.insert(source) }
      path.echoed(payload, by: .direct(source), at: now)
    }

    private mutating func perform() -> String? {
      if let due = path.deadline, due <= now {
        path.tick(at: now, spending: &budget, using: &random)
        if let due = path.deadline, due <= now { return "due again at once" }
      }
      while let output = path.nextOutput() {
        switch output {
        case .requestPunch:
          if let last = requests.last, last.duration(to: now) < .seconds(5) { return "asked again too soon" }
          requests.append(now)
        case .probe(let payload, by: .direct(let endpoint)):
          if AddressScope(of: endpoint) ?? .machine == .machine { return "\(endpoint) is probed" }
          if !path.surroundings.hasDatagrams { return "probed without a socket" }
          probes.append((payload, endpoint, now))
        case .probe(let payload, by: .relay):
          if payload.kind == .probe { return "an address's probe goes by the relay" }
        case .switched(let change):
          if change.from != route { return "switched from \(change.from), which it wasn't on" }
          if case .direct(let endpoint) = change.to, !proven.contains(endpoint) {
            return "\(endpoint) is taken, and hasn't answered"
          }
          route = change.to
        }
      }
      if path.route != route { return "on \(path.route) without saying so" }
      if path.candidates.indices.count > CandidateList.limit { return "too many addresses" }
      if path.isDoubted, path.route == .relay { return "the relay is doubted" }
      // One who is held up for so long must have spent all that the pace allows.
      let unproven = Int(path.counters.probesSent)
      let seconds = MonotonicInstant.start.duration(to: now) / .seconds(1)
      if Double(unproven) > 33 + 6 * seconds { return "\(unproven) probes in \(seconds) s" }
      return nil
    }
  }

  @Test(
    "only what has answered is taken, little is sent, and nothing is due without end",
    arguments: 1...40 as ClosedRange<UInt64>)
  func random(seed: UInt64) async {
    let found = await Counterexample<Event>.search(seed: seed, events: 600, draw: Self.draw) { events in
      var play = Play(random: SeededRandom(seed: ~seed))
      for (step, event) in events.enumerated() {
        if let fault = play.play(event) { return .init(after: step, fault) }
      }
      return nil
    }
    if let found { Issue.record("\(found)") }
  }
}
