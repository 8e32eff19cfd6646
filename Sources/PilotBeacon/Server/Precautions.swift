import Logging
import PilotIdentity
import PilotTransport
import PilotWire

/// What an operator may have overlooked, said once at the start.
enum Precautions {
  /// Looks at a configuration, and at the files that it names.
  static func check(_ configuration: BeaconServer.Configuration, _ logger: Logger) {
    if let webSocket = configuration.wss { check(webSocket, logger) }
    if let token = configuration.httpToken, FileStamp(of: token)?.isReadableByAll == true {
      logger.warning(
        "Every user of this machine can read the status page's token: chmod o-r", metadata: ["path": "\(token)"])
    }
  }

  private static func check(_ webSocket: BeaconServer.Configuration.WebSocket, _ logger: Logger) {
    guard let files = webSocket.tls else {
      guard !webSocket.address.isPrivate else { return }
      return logger.warning(
        "WebSocket connections from anywhere are not encrypted: give a certificate, or bind to an inner address behind a proxy",
        metadata: ["address": "\(webSocket.address)"])
    }
    if FileStamp(of: files.key)?.isReadableByAll == true {
      logger.warning(
        "Every user of this machine can read the certificate's key: chmod o-r", metadata: ["path": "\(files.key)"])
    }
  }
}
