import Logging
import PilotTransport
import PilotWSS

extension BeaconServer {
  /// Puts the limits of another configuration into force, and leaves all else as it is: relayed frames and unproven nodes of each
  /// source, WebSocket connections, and how old their frames may get, for new connections. What is above a lower limit stays. And
  /// how it drains, unless it does already. From any thread.
  package func adoptLimits(of configuration: Configuration) {
    parts.engine.adoptLimits(of: configuration.router)
    if let limits = configuration.wss?.limits { parts.listener?.adopt(limits) }
    parts.drain.replace(with: configuration.drain)
  }
}
