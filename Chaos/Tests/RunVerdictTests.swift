import ChaosCore
import PilotFixtures
import Testing

@Suite struct RunVerdictTests {
  private let plan = Plan(seed: 1, population: Population(nodes: 16, workers: 2))

  private func record(
    _ weather: Weather, silence: Int = 100, lateness: Int = 0, elapsed: Int = 10_000, revokedAfter: Int = 900,
    linesLeftOut: Int = 100, revocations: [Revocation] = [],
    _ change: (inout Books, inout BeaconCounts) -> Void = { _, _ in }
  ) -> RoundRecord {
    var (nodes, beacon) = LedgerTests.balanced()
    change(&nodes, &beacon)
    let round = Round(
      number: 3, weather: weather, steps: [], strikes: [], faults: [Fault(at: 0, duration: 500)],
      revocations: revocations)
    var observations = RoundRecord.Observations()
    observations.elapsed = elapsed
    observations.revokedAfter = revokedAfter
    observations.linesLeftOut = linesLeftOut
    return RoundRecord(
      round: round, ledger: weather.keepsCounters ? Ledger(nodes: nodes, beacon: beacon) : Ledger(nodes: nodes),
      nodes: nodes, beacon: beacon, lateness: lateness, silences: [["udp_to_udp": silence], ["udp_to_udp": 1]],
      observations: observations)
  }

  /// The lines about rounds alone: a single one can't have all kinds of attacks.
  private func broken(_ record: RoundRecord) -> [String] {
    var summary = Summary(seed: 1)
    summary.rounds = [record]
    return RunVerdict(summary).broken.filter { $0.hasPrefix("round") }
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

  @Test(arguments: DeliveryFinding.allCases.filter { $0 != .good })
  func `a wrong delivery is a broken promise`(finding: DeliveryFinding) {
    #expect(broken(record(.calm) { nodes, _ in nodes[finding] = 1 }).count == 1)
    // A beacon that has just begun believes the first Discover.
    #expect(broken(record(.kill) { nodes, _ in nodes[finding] = 1 }).count == (finding == .lie ? 0 : 1))
    let isAllowed = finding == .reordered || finding == .lie
    #expect(broken(record(.takeover) { nodes, _ in nodes[finding] = 1 }).count == (isAllowed ? 0 : 1))
  }

  @Test func `a frame that a hostile peer got is one too`() {
    #expect(broken(record(.calm) { nodes, _ in nodes[.hostileStolen] = 1 }).count == 1)
  }

  @Test func `silence is measured against what explains it`() {
    #expect(broken(record(.stall, silence: 1_500)).isEmpty)
    #expect(broken(record(.stall, silence: 1_501)).count == 1)
    #expect(broken(record(.stall, silence: 1_501, lateness: 200)).isEmpty)
    #expect(broken(record(.kill, silence: 7_500)).isEmpty)
    #expect(broken(record(.kill, silence: 7_501)).count == 1)
  }

  @Test(arguments: [Weather.calm, .churn, .revocation, .unread, .takeover])
  func `a fault that is no outage explains no silence`(weather: Weather) {
    #expect(broken(record(weather, silence: 1_000)).isEmpty)
    #expect(broken(record(weather, silence: 1_001)).count == 1)
  }

  @Test func `a node that a forged report has moved is a broken promise`() {
    #expect(broken(record(.calm) { _, beacon in beacon["moves_total", "unreachable"] = 1 }).count == 1)
    #expect(broken(record(.calm) { _, beacon in beacon["moves_total", "port"] = 1 }).isEmpty)
  }

  /// Ten at once, and two a second: 32 in a round of ten seconds, and one that has begun.
  @Test func `more verified signatures than one source may have, or all, are a broken promise`() {
    func failed(_ count: Int, _ accepted: Int) -> [String] {
      broken(
        record(.calm) { _, beacon in
          beacon["proofs_total", "failed"] = count
          beacon["proofs_total", "accepted"] = accepted
          beacon["dropped_total", "sender_mismatch"] += 4 - count - accepted
        })
    }
    #expect(failed(32, 0).isEmpty)
    #expect(failed(33, 0).count == 1)
    #expect(failed(0, 2_400).isEmpty)
    #expect(failed(0, 2_401).count == 1)
  }

  @Test func `a flood of which more arrives than its share, or less, is a broken promise`() {
    func flood(over: Int, short: Int) -> [String] {
      broken(
        record(.calm) { nodes, _ in
          nodes[.floodOverLimit] = over
          nodes[.floodShort] = short
        })
    }
    #expect(flood(over: 0, short: 0).isEmpty)
    #expect(flood(over: 1, short: 0).count == 1)
    // The books that balance have 14 datagrams that the kernel had no room for.
    #expect(flood(over: 0, short: 14).isEmpty)
    #expect(flood(over: 0, short: 15).count == 1)
  }

  @Test func `what is missing of a flood must have been held back by name`() {
    func flood(sent: Int, heldBack: Int) -> [String] {
      broken(
        record(.calm) { nodes, beacon in
          nodes[.floodSent] = sent
          nodes[.floodArrived] = 50
          beacon["dropped_total", "rate_limited"] = heldBack
          beacon["dropped_total", "sender_mismatch"] -= heldBack
        })
    }
    #expect(flood(sent: 74, heldBack: 10).isEmpty)
    #expect(flood(sent: 75, heldBack: 10).count == 1)
  }

  @Test func `dead nodes must move when they are claimed, and nobody else for want of an answer`() {
    func claims(_ claimed: Int, moved: Int, unanswered: Int, lateness: Int = 0) -> Int {
      broken(
        record(.calm, lateness: lateness) { nodes, beacon in
          nodes[.deadClaimed] = claimed
          nodes[.deadMoved] = moved
          beacon["moves_total", "unanswered"] = unanswered
        }
      ).count
    }
    #expect(claims(2, moved: 2, unanswered: 2) == 0)
    #expect(claims(2, moved: 1, unanswered: 1) == 1)
    #expect(claims(2, moved: 2, unanswered: 3) == 1)
    #expect(claims(2, moved: 2, unanswered: 3, lateness: 499) == 1)
    // On a machine so busy, a living node may be late with its answer.
    #expect(claims(2, moved: 2, unanswered: 3, lateness: 500) == 0)
  }

  @Test func `a node that nothing comes for any more, and an answer to another beacon that is believed, are too`() {
    #expect(broken(record(.calm) { nodes, _ in nodes[.forsaken] = 1 }).count == 1)
    #expect(broken(record(.stall) { nodes, _ in nodes[.forsaken] = 1 }).isEmpty)
    #expect(broken(record(.calm) { nodes, _ in nodes[.believed] = 1 }).count == 1)
    #expect(broken(record(.kill) { nodes, _ in nodes[.believed] = 1 }).count == 1)
  }

  @Test func `a revoked key that still counts, or counted for too long, is a broken promise`() {
    let revocations = [
      Revocation(node: 1, carrier: .udp, isReplaced: true), Revocation(node: 2, carrier: .wss, isReplaced: false),
    ]
    func lines(_ proofs: Int, _ connections: Int, after delay: Int = 2_000, lateness: Int = 0) -> [String] {
      broken(
        record(.revocation, lateness: lateness, revokedAfter: delay, revocations: revocations) { nodes, beacon in
          beacon["revocations_total"] = proofs
          nodes[.keysChanged] = connections
        })
    }
    #expect(lines(1, 1).isEmpty)
    #expect(lines(0, 1).count == 1)
    #expect(lines(1, 0).count == 1)
    #expect(lines(1, 1, after: 2_001).count == 1)
    #expect(lines(1, 1, after: 2_001, lateness: 1).isEmpty)
  }

  @Test func `a log that nobody read must say how much it has left out`() {
    #expect(broken(record(.unread)).isEmpty)
    #expect(broken(record(.unread, linesLeftOut: 0)).count == 1)
    #expect(broken(record(.calm, linesLeftOut: 0)).isEmpty)
  }

  @Test func `an attack that can't be made here breaks nothing, and is named with the reason in both results`() {
    var summary = Summary(seed: 1)
    func mentions(_ word: String) -> Bool { RunVerdict(summary).broken.contains { $0.contains(word) } }
    #expect(mentions("forgedReports") && mentions("unfounded_reports_total"))
    summary.notRun[.forgedReports] = "no raw socket"
    #expect(!mentions("forgedReports") && !mentions("unfounded_reports_total"))
    #expect(SummaryTable(summary).lines.contains { $0.contains("not run: forgedReports: no raw socket") })
    #expect(RunReport(summary, RunVerdict(summary), again: "").notRun == ["forgedReports": "no raw socket"])
  }

  @Test func `a run in which nothing was done to anybody fails, unless it is a short one`() {
    let lines = RunVerdict(Summary(seed: 1)).broken
    #expect(RunVerdict(Summary(seed: 1), isShort: true).broken.isEmpty)
    for attack in Attack.allCases { #expect(lines.contains { $0.contains(attack.rawValue) }) }
    for fault in Summary.ProcessFault.allCases { #expect(lines.contains { $0.contains(fault.rawValue) }) }
    #expect(lines.contains { $0.contains("half-open") })
    #expect(lines.contains { $0.contains("sender_mismatch") })
    for result in ["accepted", "failed", "repeated", "limited", "forged"] {
      #expect(lines.contains { $0.contains("proofs_total with \(result)") })
    }
  }
}
