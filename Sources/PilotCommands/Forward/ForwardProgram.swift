import ArgumentParser
import Logging
import PilotConsole

/// What the forms of `pilot forward` have in common, once it is known what to forward.
enum ForwardProgram {
  /// The settings, which are the same for all forms: what one doesn't use may be another's.
  static func settings(_ globals: GlobalOptions) throws(CommandFailure) -> Settings {
    try Settings(
      globals, of: ForwardRunCommand.self, section: .forward, defaultFile: PairFolder.standard()?.configuration)
  }

  static func run(
    _ rules: ForwardRules, _ options: ForwardOptions, _ tunnel: TunnelOptions, settings: Settings
  ) async throws {
    CoreDumps.forbid()
    var plan = try tunnel.plan(settings)
    plan.fragments = try settings.bool(options.fragment, "fragment")
    let stats = try settings.bool(options.stats, "stats")
    let logger = settings.logger("pilot.forward")
    try plan.log(to: logger)
    let capture = try tunnel.capture.begin(&plan.node, settings, logger: logger)
    try await ShutdownSignals.run(logger: logger) { [plan] in
      try await NodeCapture.run(capture) {
        let output = ForwardOutput(isJSON: plan.isJSON)
        let session = try await ForwardSession(rules, plan, stats: stats, output: output, logger: logger)
        do {
          try await session.run()
        } catch {
          // A signal ended it.
          guard Task.isCancelled else { throw error }
        }
      }
    }
  }
}
