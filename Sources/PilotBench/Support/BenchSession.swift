import Logging
import PilotConsole

/// The frame of a measurement: a signal cancels it, and what was begun is taken back before the program ends.
enum BenchSession {
  /// Runs a measurement.
  ///
  /// - Throws: What it throws, or after SIGINT the exit status that shells expect of it.
  static func run(
    _ settings: Settings, output: BenchOutput, _ work: @escaping @Sendable () async throws -> Void
  ) async throws {
    defer { output.finish() }
    try await ShutdownSignals.run(logger: settings.logger("pilot.bench")) {
      do {
        try await work()
      } catch {
        // What a cancelled measurement throws is of no interest: the signal was the reason.
        guard Task.isCancelled else { throw error }
      }
    }
  }
}
