import PilotFixtures

/// A run's result for machines.
package struct RunReport: Codable, Sendable {
  /// A cell's frames in the rounds with exact books.
  package struct CellReport: Codable, Sendable {
    package let sent: Int
    package let relayed: Int
    package let delivered: Int
  }

  package let seed: UInt64
  package let rounds: Int
  package let exactRounds: Int
  package let cells: [String: CellReport]
  package let drops: [String: Int]
  package let unaccounted: Int
  package let attacks: [String: Int]
  /// Attacks that couldn't be made here, and why.
  package let notRun: [String: String]
  package let faults: [String: Int]
  package let vitals: [VitalsLog.Life]
  package let broken: [String]
  package let again: String

  package init(_ summary: Summary, _ verdict: RunVerdict, again: String) {
    let (totals, books) = (Totals(summary.rounds), summary.books)
    seed = summary.seed
    rounds = summary.rounds.count
    exactRounds = summary.rounds.count { $0.round.weather.keepsCounters }
    cells = Dictionary(
      uniqueKeysWithValues: totals.rows.map { row in
        (row.cell.rawValue, CellReport(sent: row.sent, relayed: row.relayed, delivered: row.delivered))
      })
    drops = totals.drops
    unaccounted = totals.unaccounted
    attacks = Dictionary(uniqueKeysWithValues: Attack.allCases.map { ($0.rawValue, books[$0]) })
    notRun = Dictionary(uniqueKeysWithValues: summary.notRun.map { ($0.key.rawValue, $0.value) })
    faults = Dictionary(uniqueKeysWithValues: summary.faults.map { ($0.key.rawValue, $0.value) })
    vitals = summary.vitals.lives
    broken = verdict.broken
    self.again = again
  }
}
