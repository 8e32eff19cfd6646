import ChaosCore

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
    let silence = record.silences.flatMap(\.values).max() ?? 0
    report(
      "round \(record.round.number + 1) \(record.round.weather.rawValue): sent \(record.sent), "
        + "delivered \(record.delivered), unaccounted \(record.ledger.unaccounted), late \(record.lateness) ms, "
        + "silent \(silence) ms")
    for stage in record.ledger.unbalanced { report("  \(stage.name): \(stage.entered) in, \(stage.left) out") }
  }

  func end(_ summary: Summary, again: String) throws {
    if StandardOutput.errorIsTerminal { StandardOutput.write(Array("\r\u{1B}[K".utf8), to: 2) }
    StandardOutput.print(SummaryTable(summary: summary).lines.joined(separator: "\n"))
    for line in summary.broken { report("broken: \(line)") }
    if !summary.broken.isEmpty { report("again: \(again)") }
  }
}
