import ChaosCore

/// A run's result for people.
struct SummaryTable {
  let summary: Summary

  var lines: [String] {
    let totals = Totals(summary.rounds)
    let exact = summary.rounds.count { $0.round.weather.keepsCounters }
    var lines = ["\(summary.rounds.count) rounds, \(exact) of them with exact books; frames of these:", ""]
    lines.append(row("cell", ["sent", "relayed", "delivered"]))
    for row in totals.rows {
      lines.append(self.row(row.cell.rawValue, [row.sent, row.relayed, row.delivered].map(String.init)))
    }
    lines.append(row("unaccounted for", ["", "", String(totals.unaccounted)]))
    lines += ["", "dropped and counted, those of hostile peers included"]
    for (name, count) in totals.drops.sorted(by: { $0.key < $1.key }) {
      lines.append(row(name, ["", "", String(count)]))
    }
    lines += ["", "faults"]
    for (name, count) in summary.faults.sorted(by: { $0.key < $1.key }) {
      lines.append(row(name, ["", "", String(count)]))
    }
    return lines
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    let padding = String(repeating: " ", count: max(46 - name.count, 1))
    return "  " + name + padding
      + cells.map { String(repeating: " ", count: max(10 - $0.count, 1)) + $0 }.joined()
  }
}
