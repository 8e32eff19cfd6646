import Logging
import PilotTransport
import PilotWSS

extension BeaconServer {
  /// Puts the limits of another configuration into force, and leaves all else as it is: relayed frames and unproven nodes of each
  /// source, WebSocket connections, and how old their frames may get, for new connections. What is above a lower limit stays. From
  /// any thread.
  package func adoptLimits(of configuration: Configuration) {
    parts.engine.adoptLimits(of: configuration.router)
    if let limits = configuration.wss?.limits { parts.listener?.adopt(limits) }
  }

  /// Looks at the file of the status page's token now: another one counts from then on, and a broken one is refused. It is looked at
  /// regularly anyway. From any thread; reads files.
  package func reloadToken() {
    guard let token = parts.token else { return }
    switch token.reloadIfChanged() {
    case .unchanged: break
    case .reloaded: parts.logger.info("The status page's token has changed")
    case .refused(let error):
      parts.logger.error(
        "The status page's new token is refused, the old one stays", metadata: ["error": "\(error.message)"])
    }
  }
}
