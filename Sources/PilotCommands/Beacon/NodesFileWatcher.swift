import Logging
import PilotConsole
import PilotIdentity
import PilotTransport
import ServiceLifecycle

/// Has a nodes file read again when it changes, and says so in the log.
struct NodesFileWatcher: Service {
  /// How often the file is looked at.
  private static let interval: Duration = .seconds(1)

  let directory: NodesFileDirectory
  let logger: Logger
  private let alarm = Alarm()

  init(directory: NodesFileDirectory, logger: Logger) {
    self.directory = directory
    self.logger = logger
  }

  /// Has the file looked at now.
  func lookNow() {
    alarm.ring()
  }

  func run() async {
    await cancelWhenGracefulShutdown {
      while true {
        await alarm.wait(for: Self.interval)
        if Task.isCancelled { return }
        look()
      }
    }
  }

  private func look() {
    switch directory.reloadIfChanged() {
    case .unchanged:
      break
    case .reloaded(let count):
      logger.info("Nodes file read again", metadata: ["path": "\(directory.path)", "nodes": "\(count)"])
    case .refused(let error):
      logger.error(
        "The changed nodes file is refused, the old keys stay",
        metadata: ["path": "\(directory.path)", "error": "\(error)"])
    }
  }
}
