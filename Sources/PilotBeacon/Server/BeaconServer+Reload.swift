import PilotWSS
import PilotTransport
import Logging

extension BeaconServer {
  /// Looks at the certificate's files now: new ones are used for new connections from then on, and broken ones are refused.
  /// They are looked at regularly anyway. From any thread; reads files.
  package func reloadCertificate() {
    guard let tls = parts.tls else { return }
    switch tls.reloadIfChanged() {
    case .unchanged:
      break
    case .reloaded:
      parts.logger.info("The new certificate is in use for new connections")
    case .refused(let error):
      parts.logger.error("The new certificate is refused, the old one stays", metadata: ["error": "\(error)"])
    }
  }
}
