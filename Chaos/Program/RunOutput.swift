import ChaosCore
import FoundationEssentials
import PilotConsole

/// Tells what goes on, and what came of it.
struct RunOutput: Sendable {
  let isVerbose: Bool
  let isJSON: Bool

  func report(_ line: String) { Console.standard.report(line) }

  func progress(_ text: String) {
    if !isVerbose { Console.standard.setStatus(text) }
  }

  /// Takes the line away that told how far it is.
  func finishProgress() { Console.standard.setStatus("") }

  func round(_ record: RoundRecord) {
    guard isVerbose else { return }
    let silence = record.silences.values.max() ?? 0
    report(
      "round \(record.round.number + 1) \(record.round.weather.rawValue): sent \(record.sent), "
        + "delivered \(record.delivered), unaccounted \(record.ledger.unaccounted), late \(record.lateness) ms, "
        + "silent \(silence) ms")
    for stage in record.ledger.unbalanced { report("  \(stage.name): \(stage.entered) in, \(stage.left) out") }
  }

  func end(_ summary: Summary, _ verdict: RunVerdict, again: String) async throws {
    if isJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let line = try encoder.encode(RunReport(summary, verdict, again: again))
      try await Console.standard.print(String(decoding: line, as: UTF8.self))
    } else {
      try await Console.standard.print(SummaryTable(summary).lines.joined(separator: "\n"))
    }
    for (attack, reason) in summary.notRun { report("not run: \(attack.rawValue): \(reason)") }
    for line in verdict.broken { report("broken: \(line)") }
    if !verdict.broken.isEmpty {
      report("seed \(summary.seed)")
      report("again: \(again)")
    }
  }
}
