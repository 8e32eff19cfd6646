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
    // Trapped before anything starts: from here on a signal ends nothing by itself.
    let watch = SignalWatch(await UnixSignalsSequence(trapping: .sigterm, .sigint))
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: (services + [watch]).map { service in
          ServiceGroupConfiguration.ServiceConfiguration(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        },
        logger: logger.quieted))
    do {
      try await group.run()
    } catch {
      // What a service says to being cancelled is no failure of its own.
      if !watch.wasInterrupted { throw error }
    }
    if watch.wasInterrupted { throw ExitStatus.interrupted.error }
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

/// Ends with the first signal, which ends the group, and remembers whether that was SIGINT.
private final class SignalWatch: Service {
  private let signals: UnixSignalsSequence
  private let interrupted = Atomic<Bool>(false)

  init(_ signals: UnixSignalsSequence) {
    self.signals = signals
  }

  var wasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  func run() async {
    await cancelWhenGracefulShutdown {
      for await signal in self.signals {
        self.interrupted.store(signal == .sigint, ordering: .releasing)
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
