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

  static func run(_ rules: ForwardRules, _ options: TunnelOptions, stats: Bool, settings: Settings) async throws {
    CoreDumps.forbid()
    let plan = try options.plan(settings)
    let stats = try settings.bool(stats, "stats")
    let logger = settings.logger("pilot.forward")
    _ = (plan, stats, logger, rules)
    throw CommandFailure("forwarding isn't there yet")
  }
}
