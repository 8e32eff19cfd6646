import ChaosCore
import FoundationEssentials

/// Tells what goes on, and what came of it.
struct RunOutput: Sendable {
  let isVerbose: Bool
  let isJSON: Bool

  func begin(_ line: String) { StandardOutput.print(line, to: 2) }

  func report(_ line: String) { StandardOutput.print(line, to: 2) }

  func progress(_ text: String, begin: ContinuousClock.Instant, end: ContinuousClock.Instant) {
    guard StandardOutput.errorIsTerminal, !isVerbose else { return }
    StandardOutput.write(Array("\r\u{1B}[K\(text)".utf8), to: 2)
  }

  func round(_ record: RoundRecord) {
    guard isVerbose else { return }
    let silence = record.silences.values.max() ?? 0
    report(
      "round \(record.round.number + 1) \(record.round.weather.rawValue): sent \(record.sent), "
        + "delivered \(record.delivered), unaccounted \(record.ledger.unaccounted), late \(record.lateness) ms, "
        + "silent \(silence) ms")
    for stage in record.ledger.unbalanced { report("  \(stage.name): \(stage.entered) in, \(stage.left) out") }
  }

  func end(_ summary: Summary, _ verdict: Verdict, again: String) throws {
    if StandardOutput.errorIsTerminal { StandardOutput.write(Array("\r\u{1B}[K".utf8), to: 2) }
    if isJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let line = try encoder.encode(RunReport(summary, verdict, again: again))
      StandardOutput.write(Array(line) + [UInt8(ascii: "\n")])
    } else {
      StandardOutput.print(SummaryTable(summary).lines.joined(separator: "\n"))
    }
    for line in verdict.broken { report("broken: \(line)") }
    if !verdict.broken.isEmpty {
      report("seed \(summary.seed)")
      report("again: \(again)")
    }
  }
}
