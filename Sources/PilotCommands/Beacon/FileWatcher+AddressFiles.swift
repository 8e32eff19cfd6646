import Logging

extension FileWatcher {
  /// Has files of addresses read again when they change.
  init(files: AddressFiles, logger: Logger) {
    self.init {
      switch files.reloadIfChanged() {
      case .unchanged: break
      case .reloaded: logger.info("Address files read again")
      case .refused(let error):
        logger.error("The changed address file is refused, the old rules stay", metadata: ["error": "\(error)"])
      }
    }
  }
}
