import Logging
import PilotIdentity
import PilotTransport
import PilotWire

/// What an operator may have overlooked, said once at the start.
enum Precautions {
  /// Looks at a configuration, and at the files that it names.
  static func check(_ configuration: BeaconServer.Configuration, _ logger: Logger) {
    if let webSocket = configuration.wss { check(webSocket, logger) }
    if let token = configuration.httpToken { check(secret: token, logger) }
  }

  private static func check(secret path: String, _ logger: Logger) {
    for exposure in FileExposure.found(at: path, isSecret: true) {
      logger.warning("\(exposure.logMessage)", metadata: ["path": "\(path)"])
    }
  }

  private static func check(_ webSocket: BeaconServer.Configuration.WebSocket, _ logger: Logger) {
    guard let files = webSocket.tls else {
      guard !webSocket.address.isPrivate else { return }
      return logger.warning(
        "WebSocket connections from anywhere are not encrypted: give a certificate, or bind to an inner address behind a proxy",
        metadata: ["address": "\(webSocket.address)"])
    }
    check(secret: files.key, logger)
  }
}
