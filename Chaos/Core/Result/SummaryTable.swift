import PilotFixtures

/// A run's result for people.
package struct SummaryTable {
  private let summary: Summary

  package init(_ summary: Summary) {
    self.summary = summary
  }

  package var lines: [String] {
    let (totals, books) = (Totals(summary.rounds), summary.books)
    let exact = summary.rounds.count { $0.round.weather.keepsCounters }
    var lines = ["\(summary.rounds.count) rounds, \(exact) of them with exact books. Frames of these:", ""]
    lines.append(row("cell", ["sent", "relayed", "delivered", "before", "after", "lost"]))
    for row in totals.rows {
      let numbers = [
        row.sent, row.relayed, row.delivered, row.sent - row.relayed, row.relayed - row.delivered,
        row.sent - row.delivered,
      ]
      lines.append(self.row(row.cell.rawValue, numbers.map(String.init)))
    }
    lines.append(row("unaccounted for", [String(totals.unaccounted)]))
    lines += ["", "Dropped and counted, hostile peers' and the beacon's own messages included:"]
    lines += table(totals.drops)
    lines += ["", "Done to processes, and by hostile peers, in all rounds:"]
    lines += table(Dictionary(uniqueKeysWithValues: summary.faults.map { ($0.key.rawValue, $0.value) }))
    lines += table(Dictionary(uniqueKeysWithValues: Attack.allCases.map { ($0.rawValue, books[$0]) }))
    lines += summary.notRun.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "  not run: \($0.key.rawValue): \($0.value)" }
    lines += ["", "What the beacon made of it:"]
    lines += Self.answers.map { name, label in
      row(label.map { "\(name): \($0)" } ?? name, [String(summary.seen(name, label))])
    }
    lines.append(row("frames of floods: sent", [String(books[.floodSent])]))
    lines.append(row("frames of floods: arrived", [String(books[.floodArrived])]))
    let leftOut = summary.rounds.reduce(0) { $0 + $1.observations.linesLeftOut }
    lines.append(row("log lines left out", [String(leftOut)]))
    lines.append(row("lies believed by a beacon just begun", [String(books[.lie])]))
    lines += ["", "Honest nodes:"]
    let events: [(String, Account)] = [
      ("joined", .joins), ("left", .leaves), ("moved", .moves), ("stalled", .stalls),
      ("WSS connections came back", .wssReconnects), ("UDP registrations came about", .registeredAgain),
    ]
    lines += events.map { row($0.0, [String(books[$0.1])]) }
    return lines + vitals
  }

  /// Each process at its first, middle and last quiet moment; the beacon that lived longest stands for all.
  private var vitals: [String] {
    let lives = summary.vitals.lives
    let longest = lives.filter { $0.name == "beacon" }.max { $0.samples.count < $1.samples.count }
    var lines = ["", "Processes at quiet moments (first, middle, last):"]
    lines.append(row("process", ["MiB", "", "", "threads", "", "", "files", "", ""]))
    for life in lives where life.name != "beacon" || life == longest {
      let samples = [life.samples.first, life.samples[life.samples.count / 2], life.samples.last].compactMap(\.?.vitals)
      lines.append(
        row(
          "\(life.name), \(life.samples.count) moments",
          samples.map { String($0.residentBytes >> 20) } + samples.map { String($0.threads) }
            + samples.map { String($0.descriptors) }))
    }
    return lines
  }

  private static let answers: [(name: String, label: String?)] = [
    ("proofs_total", "accepted"), ("proofs_total", "failed"), ("proofs_total", "repeated"),
    ("proofs_total", "limited"), ("proofs_total", "forged"), ("probes_total", nil), ("unfounded_reports_total", nil),
    ("proofs_total", "wrong_beacon"), ("questions_total", "claimed"), ("signs_total", nil),
    ("claims_refused_total", nil), ("moves_total", "unanswered"), ("moves_total", "unreachable"),
    ("evictions_total", nil), ("dropped_total", "rate_limited"), ("revocations_total", nil),
  ]

  private func table(_ entries: [String: Int]) -> [String] {
    entries.sorted { $0.key < $1.key }.map { row($0.key, [String($0.value)]) }
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    let padding = String(repeating: " ", count: max(48 - name.count, 1))
    return "  " + name + padding
      + cells.map { String(repeating: " ", count: max(10 - $0.count, 1)) + $0 }.joined()
  }
}
