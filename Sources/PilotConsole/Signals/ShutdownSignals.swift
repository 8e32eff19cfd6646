package import Logging
package import ServiceLifecycle
import UnixSignals

/// Ends long-running commands in order: SIGTERM and SIGINT begin a graceful shutdown, and a second one ends it at once. SIGHUP
/// ends nothing: it means that files have changed, or a terminal is gone.
package struct ShutdownSignals: Sendable {
  private let signals: UnixSignalsSequence

  /// Traps the signals. From here on none of them ends the process by itself: what comes before ``run(_:logger:onHangup:)``
  /// is kept for it. A program that tells others that it is ready has done this before.
  package static func trap() async -> ShutdownSignals {
    ShutdownSignals(signals: await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup))
  }

  /// Runs services until one of them is done, or a signal has ended them. Call it once.
  ///
  /// - Parameters:
  ///   - logger: Gets the troubles of starting and ending.
  ///   - onHangup: What SIGHUP means. Default nothing.
  /// - Throws: What a service throws; after SIGINT the exit status that shells expect of it.
  package func run(_ services: [any Service], logger: Logger, onHangup: @escaping @Sendable () -> Void = {})
    async throws
  {
    let watch = SignalWatch(signals, onHangup: onHangup)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: (services + [watch]).map { service in
          ServiceGroupConfiguration.ServiceConfiguration(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        },
        logger: logger.quieted))
    do {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
          await watch.readUntilSecond()
        }
        // The services are done, or are to be at once.
        _ = try await tasks.next()
        tasks.cancelAll()
        try await tasks.waitForAll()
      }
    } catch {
      // What a service says to being cancelled is no failure of its own.
      if !watch.wasInterrupted, !watch.wasCutShort { throw error }
    }
    if watch.wasInterrupted { throw ExitStatus.interrupted.error }
  }

  /// Traps the signals and runs one piece of work, which a signal cancels.
  package static func run(logger: Logger, _ work: @escaping @Sendable () async throws -> Void) async throws {
    try await trap().run([CancelledByShutdown(work: work)], logger: logger)
  }
}

/// Work that a graceful shutdown cancels.
private struct CancelledByShutdown: Service {
  let work: @Sendable () async throws -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await work() }
  }
}

extension Logger {
  /// The service group's own steps are of no interest below a warning.
  fileprivate var quieted: Logger {
    var logger = self
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }
}
