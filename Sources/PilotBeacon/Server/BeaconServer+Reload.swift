import Logging
import PilotTransport
import PilotWSS

extension BeaconServer {
  /// Has the names looked up that advertised addresses were given by. They are looked up every five minutes anyway. Returns at once;
  /// from any thread.
  package func renewAdvertisedAddresses() { parts.advertised.renew() }

  /// Looks at the certificate's files now: new ones are used for new connections from then on, and broken ones are refused.
  /// They are looked at regularly anyway. From any thread; reads files.
  package func reloadCertificate() {
    guard let tls = parts.tls else { return }
    switch tls.reloadIfChanged() {
    case .unchanged:
      break
    case .reloaded:
      parts.logger.info(
        "The new certificate is in use for new connections",
        metadata: ["valid_until": "\(WallClock.text(tls.expiry))"])
    case .refused(let error):
      parts.logger.error("The new certificate is refused, the old one stays", metadata: ["error": "\(error)"])
    }
    parts.watchCertificate()
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

extension BeaconServer.Parts {
  /// Says so if the certificate runs out soon.
  func watchCertificate() {
    guard let tls else { return }
    let expiry = tls.expiry
    guard
      let remaining = certificate.look(at: expiry, now: Int(clamping: WallClock.unixTime()))
    else { return }
    let metadata: Logger.Metadata = ["valid_until": "\(WallClock.text(expiry))"]
    switch remaining {
    case .month: logger.warning("The certificate runs out within 30 days", metadata: metadata)
    case .week: logger.error("The certificate runs out within 7 days", metadata: metadata)
    case .expired: logger.critical("The certificate has run out: no client takes it", metadata: metadata)
    }
  }
}
