import PilotTesting
import PilotTransport
import PilotWire
import Testing

@Suite("SimulatedNetwork, at random")
struct ConservationTests {
  /// What can be done to a network. Numbers stand for one of what there is.
  private enum Action: Sendable {
    case send(from: Int, to: Int, length: Int)
    case step(Int)
    case wait(milliseconds: Int)
    case conditions(from: Int, to: Int, LinkConditions?)
    case cut(from: Int, to: Int), mend(from: Int, to: Int), partition(Int), heal
    case close(Int), reopen(Int), move(Int, to: Int), restart(Int), renumber(Int, to: UInt8)
  }

  private static let hostCount = 6

  private static func draw(_ random: inout SeededRandom) -> Action {
    let (one, other) = (Int.random(in: 0..<hostCount, using: &random), Int.random(in: 0..<hostCount, using: &random))
    switch Int.random(in: 0..<40, using: &random) {
    case 0..<20: return .send(from: one, to: other, length: Int.random(in: 0...1_500, using: &random))
    case 20..<26: return .step(Int.random(in: 1...4, using: &random))
    case 26..<29: return .wait(milliseconds: Int.random(in: 0...40_000, using: &random))
    case 29, 30: return .conditions(from: one - 1, to: other - 1, random.chance(0.2) ? nil : conditions(&random))
    case 31: return .cut(from: one - 1, to: other - 1)
    case 32: return .mend(from: one - 1, to: other - 1)
    case 33: return .partition(one)
    case 34: return .heal
    case 35: return .close(one)
    case 36: return .reopen(one)
    case 37: return .move(one, to: other)
    case 38: return .restart(one)
    default: return .renumber(one, to: UInt8.random(in: 50...52, using: &random))
    }
  }

  private static func conditions(_ random: inout SeededRandom) -> LinkConditions {
    var conditions = LinkConditions()
    conditions.delay = .milliseconds(Int.random(in: -5...500, using: &random))
    conditions.jitter = .milliseconds(Int.random(in: -5...100, using: &random))
    conditions.loss = random.fraction() - 0.5
    conditions.duplication = random.fraction() - 0.5
    conditions.reordering = random.fraction() - 0.5
    conditions.corruption = random.fraction() - 0.5
    conditions.mtu = random.chance(0.3) ? Int.random(in: 0...1_500, using: &random) : nil
    conditions.bandwidth = random.chance(0.5) ? Int.random(in: -1...100_000, using: &random) : nil
    conditions.queue = Int.random(in: -1...10_000, using: &random)
    conditions.reportsUnreachable = random.chance(0.8)
    conditions.quota = random.chance(0.2) ? Int.random(in: -1...20_000, using: &random) : nil
    return conditions
  }

  /// A network with hosts on both sides of NATs of each kind, and what was counted from outside.
  private struct Run {
    var network: SimulatedNetwork
    var hosts: [Host] = []
    var nats: [SimulatedNetwork.NAT] = []
    var sent: UInt64 = 0
    var delivered: UInt64 = 0
    var seen: [Endpoint]
    var lastTime = MonotonicInstant.start

    init(seed: UInt64) {
      network = SimulatedNetwork(seed: seed)
      var behaviors: [NATBehavior] = [.fullCone, .addressRestricted, .portRestricted, .symmetric]
      for index in behaviors.indices { behaviors[index].idleTimeout = .seconds(30) }
      for (index, behavior) in behaviors.enumerated() {
        nats.append(network.addNAT(behavior, at: .test(UInt8(50 + index))))
        hosts.append(network.addHost(at: .inside(1), behind: nats[index]))
      }
      for number in 1...2 as ClosedRange<UInt8> { hosts.append(network.addHost(at: .test(number))) }
      seen = [.test(1), .test(2), .inside(1), .test(50, port: 1_024), .test(51, port: 1_024), .test(3)]
    }

    func host(_ index: Int) -> Host? { index < 0 ? nil : hosts[index] }

    mutating func perform(_ action: Action) throws -> String? {
      switch action {
      case .send(let from, let to, let length):
        sent += 1
        network.send([UInt8](repeating: 1, count: length), from: hosts[from], to: seen[to])
      case .step(let count):
        for _ in 0..<count { if let event = try network.step() { note(event) } }
      case .wait(let milliseconds):
        let end = network.now.advanced(by: .milliseconds(milliseconds))
        while let event = try network.step(until: end) { note(event) }
        if network.now != end { return "it is \(network.now) after the wait, not \(end)" }
      case .conditions(let from, let to, let conditions):
        network.setConditions(conditions, from: host(from), to: host(to))
      case .cut(let from, let to): network.cut(from: host(from), to: host(to))
      case .mend(let from, let to): network.mend(from: host(from), to: host(to))
      case .partition(let one): network.partition([hosts[one], hosts[(one + 1) % hosts.count]])
      case .heal: network.heal()
      case .close(let one): network.close(hosts[one])
      case .reopen(let one): network.reopen(hosts[one])
      case .move(let one, let to):
        network.move(hosts[one], to: .inside(UInt8(1 + one)), behind: to < nats.count ? nats[to] : nil)
      case .restart(let one): network.restart(nats[one % nats.count])
      case .renumber(let one, let to): network.renumber(nats[one % nats.count], to: .test(to))
      }
      return difference
    }

    /// Addresses the newest sources, so that answers find their way through NATs.
    private mutating func note(_ event: SimulatedNetwork.Event) {
      guard case .delivered(let delivery) = event else { return }
      delivered += 1
      seen[Int(delivered) % seen.count] = delivery.source
    }

    private var difference: String? {
      let counters = network.counters
      if !counters.isConserved { return "the counters don't add up: \(counters)" }
      if counters.sent != sent { return "\(counters.sent) sent, not \(sent)" }
      if counters.delivered != delivered { return "\(counters.delivered) delivered, not \(delivered)" }
      if network.now < lastTime { return "time ran back" }
      return nil
    }
  }

  /// Seeds that once failed stay here.
  private static let seeds: [UInt64] = Array(1...30) + (0..<20).map { _ in UInt64.random(in: 1_000...UInt64.max) }

  @Test("every datagram is delivered, counted as dropped, or on its way; and in the end none is on its way")
  func conservation() async throws {
    var drops: Set<SimulationDrop> = []
    for seed in Self.seeds {
      let found = try await Counterexample.search(seed: seed, events: 600, draw: Self.draw) { actions in
        var run = Run(seed: seed)
        for (step, action) in actions.enumerated() {
          if let message = try run.perform(action) { return .init(after: step, message) }
        }
        while try run.network.step() != nil {}
        drops.formUnion(SimulationDrop.allCases.filter { run.network.counters.drops[$0] > 0 })
        guard run.network.counters.inFlight == 0, run.network.counters.isConserved else {
          return .init(after: actions.count - 1, "in the end: \(run.network.counters)")
        }
        return nil
      }
      if let found { Issue.record("\(found)") }
    }
    // The runs see nearly everything that can happen; the rest has tests of its own.
    let rare: Set<SimulationDrop> = [.natPortsTaken, .natHairpin]
    #expect(drops.union(rare) == Set(SimulationDrop.allCases))
  }
}
