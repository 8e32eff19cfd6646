package import Logging
package import ServiceLifecycle
import Synchronization
import UnixSignals

/// Ends long-running commands in order: SIGTERM and SIGINT begin a graceful shutdown. SIGHUP ends nothing: it means that
/// files have changed, or a terminal is gone.
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
      try await group.run()
    } catch {
      // What a service says to being cancelled is no failure of its own.
      if !watch.wasInterrupted { throw error }
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

/// Ends with the first SIGTERM or SIGINT, which ends the group, and remembers whether that was SIGINT.
private final class SignalWatch: Service {
  private let signals: UnixSignalsSequence
  private let onHangup: @Sendable () -> Void
  private let interrupted = Atomic<Bool>(false)

  init(_ signals: UnixSignalsSequence, onHangup: @escaping @Sendable () -> Void) {
    self.signals = signals
    self.onHangup = onHangup
  }

  var wasInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  func run() async {
    await cancelWhenGracefulShutdown {
      for await signal in self.signals {
        guard signal != .sighup else {
          self.onHangup()
          continue
        }
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
