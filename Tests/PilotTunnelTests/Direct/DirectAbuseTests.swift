import PilotTesting
import PilotTransport
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("Direct paths against those who lie", .timeLimit(.minutes(5)))
struct DirectAbuseTests {
  private static func victim(_ number: Int) -> Endpoint {
    Endpoint(ipv4: 203, 0, 114, UInt8(truncatingIfNeeded: number), port: 4_000)
  }

  @Test("a beacon names others: a few probes to each, none behind a firewall, and the peer all the same")
  func beacon() throws {
    var world = DirectWorld([.behind(.portRestricted), .behind(.portRestricted)])
    let inside = ["192.168.1.1:4000", "10.0.0.1:4000", "127.0.0.1:4000", "169.254.169.254:4000", "224.0.0.1:4000"]
    world.lies = try inside.map { try Endpoint(parsing: $0) } + (0..<3).map(Self.victim)
    try world.run(for: .seconds(1))
    world.talk(0, 20)
    let time = try world.runUntilDirect(within: .seconds(2))
    #expect(time != nil)
    try world.run(for: .seconds(60))
    for lie in world.lies.prefix(inside.count) {
      #expect(world.sides.allSatisfy { $0.probes[lie] == nil })
    }
    for number in 0..<3 { #expect(world.sides[0].probes[Self.victim(number), default: 0] <= 5) }
    #expect(world.sides[0].path.candidates.indices.count <= CandidateList.limit)
    #expect(world.faults == [])
  }

  @Test("a peer names eight others, time and again: six probes a second and 32 at once")
  func peer() throws {
    var world = DirectWorld([.open])
    try world.run(for: .seconds(1))
    world.network.close(world.sides[1].host)
    let victims = (0..<8).map { Self.victim($0) }
    for round in 0..<600 {
      world.probed(0, ProbePayload(.call, token: UInt64(round), addresses: victims))
      try world.run(for: .milliseconds(100))
    }
    let probes = victims.reduce(0) { $0 + world.sides[0].probes[$1, default: 0] }
    #expect(probes >= 32)
    #expect(probes <= 32 + 60 * 6)
    #expect(world.sides[0].path.counters.callsIgnored >= 400)
    #expect(world.sides[0].path.counters.probesHeldBack > 0)
    #expect(!world.isDirect(0))
    #expect(world.faults == [])
  }

  @Test("a peer sends from a thousand addresses that aren't its own: no more than that, and eight are kept")
  func forgedSources() throws {
    var world = DirectWorld([.open])
    try world.run(for: .seconds(1))
    for number in 0..<1_000 {
      world.probed(0, ProbePayload(.probe, token: 1), by: .direct(Self.victim(number)))
      try world.run(for: .milliseconds(10))
      #expect(world.sides[0].path.candidates.indices.count <= CandidateList.limit)
    }
    let probes = world.sides[0].probes.values.reduce(0, +)
    #expect(probes <= 96)
    #expect(world.faults == [])
  }

  @Test("a hundred peers together: 64 probes a second, and a newcomer gets through")
  func many() {
    var budget = DirectBudget()
    var random = SeededRandom(seed: 1)
    let surroundings = Surroundings(own: [Self.victim(200)], beacon: DirectWorld.beaconEndpoint)
    var paths = (1...100).compactMap { NodeID($0) }.map { DirectPath(to: $0, in: surroundings, at: .start) }
    let newcomer = Endpoint(ipv4: 203, 0, 115, 1, port: 4_000)
    var newcomers = 0
    let end = 30
    for step in 0..<(end * 20) {
      let now = MonotonicInstant.start.advanced(by: .milliseconds(50 * step))
      for index in paths.indices {
        if step % 10 == 0 {
          // The last one is the only one that is honest.
          let addresses =
            index == paths.count - 1 ? [newcomer] : (0..<8).map { Self.victim(step + $0) }
          paths[index].probed(ProbePayload(.call, token: 1, addresses: addresses), by: .relay, at: now)
        }
        paths[index].tick(at: now, spending: &budget, using: &random)
        while let output = paths[index].nextOutput() {
          guard case .probe(let payload, by: .direct(let endpoint)) = output else { continue }
          if endpoint == newcomer {
            newcomers += 1
            paths[index].echoed(payload, by: .direct(endpoint), at: now)
          }
        }
      }
    }
    let probes = paths.map(\.counters.probesSent).reduce(0, +)
    #expect(probes <= DirectBudget.probesPerSecond * (end + 1))
    #expect(probes >= DirectBudget.probesPerSecond * (end - 1))
    #expect(newcomers > 0)
    #expect(paths.last?.route == .direct(newcomer))
  }

  @Test("the beacon is asked once a second in all, and once in five seconds for one peer")
  func requests() throws {
    var budget = DirectBudget()
    var random = SeededRandom(seed: 1)
    let surroundings = Surroundings(own: [], beacon: DirectWorld.beaconEndpoint)
    var paths = (1...20).compactMap { NodeID($0) }.map { DirectPath(to: $0, in: surroundings, at: .start) }
    var requests: [NodeID: [MonotonicInstant]] = [:]
    for step in 0..<(120 * 20) {
      let now = MonotonicInstant.start.advanced(by: .milliseconds(50 * step))
      for index in paths.indices {
        paths[index].sent(at: now)
        if step % 100 == 0 { paths[index].networkChanged(at: now) }
        paths[index].tick(at: now, spending: &budget, using: &random)
        while let output = paths[index].nextOutput() {
          if output == .requestPunch { requests[paths[index].peer, default: []].append(now) }
        }
      }
      #expect(budget.askedLately(at: now).count <= DirectBudget.limit)
    }
    let total = requests.values.map(\.count).reduce(0, +)
    #expect(total <= 121)
    #expect(requests.count == 20)
    for instants in requests.values {
      for (one, next) in zip(instants, instants.dropFirst()) { #expect(one.duration(to: next) >= .seconds(5)) }
    }
  }
}
