import ChaosCore
import Testing

@Suite struct VerdictTests {
  private let plan = Plan(seed: 1, population: Population(nodes: 16, workers: 2))

  private func record(
    _ weather: Weather, silence: Int = 100, lateness: Int = 0,
    _ change: (inout Books, inout BeaconCounts) -> Void = { _, _ in }
  ) -> RoundRecord {
    var (nodes, beacon) = LedgerTests.balanced()
    change(&nodes, &beacon)
    let round = Round(number: 3, weather: weather, steps: [], strikes: [], faults: [Fault(at: 0, duration: 500)])
    return RoundRecord(
      round: round, ledger: weather.keepsCounters ? Ledger(nodes: nodes, beacon: beacon) : Ledger(nodes: nodes),
      nodes: nodes, beacon: beacon, lateness: lateness, silences: [["udp_to_udp": silence], ["udp_to_udp": 1]])
  }

  /// The lines about rounds alone: a single one can't have all kinds of attacks.
  private func broken(_ record: RoundRecord) -> [String] {
    var summary = Summary(seed: 1)
    summary.rounds = [record]
    return Verdict(summary).broken.filter { $0.hasPrefix("round") }
  }

  @Test func `a round in which everything holds breaks nothing`() {
    #expect(broken(record(.calm)).isEmpty)
    #expect(broken(record(.kill)).isEmpty)
  }

  @Test func `a frame that nobody counted is named with its stage`() {
    let lines = broken(record(.calm) { _, beacon in beacon["udp_sent_total"] -= 1 })
    #expect(lines.count == 2)
    #expect(
      lines.contains { $0.hasPrefix("round 4 (calm): the beacon sends over UDP: 167 went in, 166 are") }, "\(lines)")
  }

  @Test(arguments: Finding.allCases.filter { $0 != .good })
  func `a wrong delivery is a broken promise`(finding: Finding) {
    #expect(broken(record(.calm) { nodes, _ in nodes[finding] = 1 }).count == 1)
    // A beacon that has just begun believes the first Discover.
    #expect(broken(record(.kill) { nodes, _ in nodes[finding] = 1 }).count == (finding == .lie ? 0 : 1))
  }

  @Test func `a frame that a hostile peer got is one too`() {
    #expect(broken(record(.calm) { nodes, _ in nodes[.hostileStolen] = 1 }).count == 1)
  }

  @Test func `silence is measured against what explains it`() {
    #expect(broken(record(.stall, silence: 1_500)).isEmpty)
    #expect(broken(record(.stall, silence: 1_501)).count == 1)
    #expect(broken(record(.stall, silence: 1_501, lateness: 200)).isEmpty)
    #expect(broken(record(.kill, silence: 6_500)).isEmpty)
    #expect(broken(record(.kill, silence: 6_501)).count == 1)
  }

  @Test func `a run in which nothing was done to anybody fails`() {
    let lines = Verdict(Summary(seed: 1)).broken
    for attack in Attack.allCases { #expect(lines.contains { $0.contains(attack.rawValue) }) }
    for fault in Summary.ProcessFault.allCases { #expect(lines.contains { $0.contains(fault.rawValue) }) }
    #expect(lines.contains { $0.contains("half-open") })
    #expect(lines.contains { $0.contains("sender_mismatch") })
  }
}
