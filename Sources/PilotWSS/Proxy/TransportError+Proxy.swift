import NIOCore
import NIOSSL
import PilotTransport

/// Why a proxy can't be spoken to, in words that say what to try.
extension TransportError {
  /// The connection to a proxy could not be secured.
  init(securing error: any Error, to proxy: ProxyURL, _ fault: CertificateFault?) {
    let reason =
      switch fault {
      case .expired(let time, let now):
        "its certificate expired at \(WallClock.text(time)), and this machine's clock says \(WallClock.text(now))"
      case .notYetValid(let time, let now):
        """
        its certificate is valid from \(WallClock.text(time)) on, and this machine's clock says \(WallClock.text(now)); is \
        it wrong?
        """
      case .unknownAuthority(let issuer):
        """
        its certificate is by \(issuer), which this machine doesn't trust; add that authority to the system's, or set \
        SSL_CERT_FILE (what is given for the beacon counts for the beacon alone)
        """
      case .otherHost: "its certificate doesn't name the host \(proxy.host)"
      case .some:
        """
        its certificate leads to no authority that this machine trusts; add that authority to the system's, or set \
        SSL_CERT_FILE (what is given for the beacon counts for the beacon alone)
        """
      case nil: "the TLS handshake failed; does the proxy speak TLS there, or is it an http:// one?"
      }
    self.init(
      code: .proxyRefused, message: "the proxy \(proxy) can't be used: \(reason)",
      cause: Self.inTheSystemsWords(error), retry: .never)
  }

  /// The proxy has ended the connection before it was secured.
  static func closedUnsecured(by proxy: ProxyURL) -> TransportError {
    TransportError(
      code: .proxyRefused,
      message:
        "the proxy \(proxy) closed the connection before it was secured; does it speak TLS, or is it an http:// one?",
      retry: .later(after: nil))
  }

  /// The same, with the proxy that stands between, unless the error is about that.
  func named(_ proxy: ProxyURL?) -> TransportError {
    guard let proxy, code != .proxyRefused, !message.contains(proxy.authority) else { return self }
    var error = self
    error.message += " (through the proxy \(proxy))"
    return error
  }

  /// The proxy isn't asked, since it has refused the only credentials that there are.
  static func heldBack(from proxy: ProxyURL) -> TransportError {
    TransportError(
      code: .proxyRefused,
      message: "the proxy \(proxy) has refused these credentials before; check the user and the password",
      retry: .never)
  }

  /// The same, where attempts go on by themselves: with when the next one is, and why not sooner.
  func held(for time: Duration) -> TransportError {
    var error = self
    // Rounded up: "0 min" says nothing.
    let minutes = (time.milliseconds + 59_999) / 60_000
    error.message += """
      ; the proxy is shown the same credentials again in \(minutes) min, since too many wrong ones can lock somebody out: \
      start again with others to try those before that
      """
    return error
  }

  /// The way to new credentials has led to those that the proxy has refused.
  static func renewedToTheSame(for proxy: ProxyURL) -> TransportError {
    TransportError(
      code: .proxyRefused,
      message:
        "the proxy \(proxy) has refused the credentials, and asked for new ones, the command gave the same again",
      retry: .later(after: nil))
  }

  /// The way to new credentials has failed, after a refusal. Its own error may say anything, but a type's name no secret.
  init(unrenewed proxy: ProxyURL, _ error: any Error) {
    let reason = (error as? TransportError)?.message ?? "\(type(of: error))"
    self.init(
      code: .proxyRefused,
      message: "the proxy \(proxy) refused the credentials, and new ones could not be had: \(reason)",
      retry: .later(after: nil))
  }
}
