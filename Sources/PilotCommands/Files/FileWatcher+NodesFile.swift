import Logging
import PilotIdentity

extension FileWatcher {
  /// Has a nodes file read again when it changes.
  init(directory: NodesFileDirectory, logger: Logger) {
    self.init {
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
}
