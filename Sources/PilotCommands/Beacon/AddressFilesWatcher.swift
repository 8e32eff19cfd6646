import Logging
import PilotTransport
import ServiceLifecycle

/// Has files of addresses read again when they change, and says so in the log.
struct AddressFilesWatcher: Service {
  /// How often the files are looked at.
  private static let interval: Duration = .seconds(1)

  let files: AddressFiles
  let logger: Logger
  private let alarm = Alarm()

  init(files: AddressFiles, logger: Logger) {
    self.files = files
    self.logger = logger
  }

  /// Has the files looked at now.
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
    switch files.reloadIfChanged() {
    case .unchanged: break
    case .reloaded: logger.info("Address files read again")
    case .refused(let error):
      logger.error("The changed address file is refused, the old rules stay", metadata: ["error": "\(error)"])
    }
  }
}
