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
    let witness = InterruptWitness(signals: await UnixSignalsSequence(trapping: .sigint))
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: (services + [witness]).map { service in
          ServiceGroupConfiguration.ServiceConfiguration(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        },
        gracefulShutdownSignals: [.sigterm], logger: logger.quieted))
    do {
      try await group.run()
    } catch {
      // What a service says to being cancelled is no failure of its own.
      throw witness.wasInterrupted ? ExitStatus.interrupted.error : error
    }
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

/// Ends the group at SIGINT, and remembers that it was that.
///
/// The group doesn't listen to SIGINT by itself: it could begin to end before the witness has heard of it.
private final class InterruptWitness: Service {
  private let signals: UnixSignalsSequence
  private let interrupted = Atomic<Bool>(false)

  init(signals: UnixSignalsSequence) {
    self.signals = signals
  }

  var wasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  func run() async {
    await cancelWhenGracefulShutdown {
      for await _ in self.signals {
        self.interrupted.store(true, ordering: .releasing)
        return
      }
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
