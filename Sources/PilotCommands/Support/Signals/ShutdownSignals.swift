package import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Ends long-running commands in order: SIGTERM and SIGINT begin a graceful shutdown.
package enum ShutdownSignals {
  /// Runs services until one of them is done, or a signal has ended them.
  ///
  /// - Throws: What a service throws; after SIGINT the exit status that shells expect of it.
  static func run(_ services: [any Service], logger: Logger) async throws {
    let witness = InterruptWitness()
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: (services + [witness]).map { service in
          ServiceGroupConfiguration.ServiceConfiguration(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quieted))
    try await group.run()
    if witness.wasInterrupted { throw ExitStatus.interrupted.error }
  }

  /// Runs one piece of work, which a signal cancels.
  package static func run(logger: Logger, _ work: @escaping @Sendable () async throws -> Void) async throws {
    try await run([CancelledByShutdown(work: work)], logger: logger)
  }
}

/// Work that a graceful shutdown cancels.
private struct CancelledByShutdown: Service {
  let work: @Sendable () async throws -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await work() }
  }
}

/// Remembers whether it was SIGINT.
private final class InterruptWitness: Service {
  private let interrupted = Atomic<Bool>(false)

  var wasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  func run() async {
    let signals = await UnixSignalsSequence(trapping: .sigint)
    await cancelWhenGracefulShutdown {
      for await _ in signals { self.interrupted.store(true, ordering: .releasing) }
    }
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
