import NIOCore
import NIOSSL
import PilotTransport

/// Why a connection could not be secured, in words that say what to try.
extension TransportError {
  /// TLS failed, and not for the certificate.
  init(securing error: any Error, to beacon: WSSURL) {
    switch error {
    case NIOSSLError.uncleanShutdown, NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])):
      self = .closedUnanswered(by: beacon)
    case let error as IOError:
      self.init(
        code: .connectFailed, message: "\(beacon.authority) ended the connection before it was secured",
        cause: Self.inTheSystemsWords(error))
    default:
      self.init(code: .tlsFailed, message: Self.failedHandshake(error, with: beacon), cause: error)
    }
  }

  private static func failedHandshake(_ error: any Error, with beacon: WSSURL) -> String {
    let versions = "TLS 1.3, or TLS 1.2 with ECDHE and AES-GCM or ChaCha20"
    switch HandshakeFailure.Reason(error) {
    case .notTLS:
      return "\(beacon.authority) doesn't speak TLS on this port; is it the right one, or does ws:// belong there?"
    case .tlsAlert:
      let words = HandshakeFailure.detail(of: error).map { " (\($0))" } ?? ""
      return "\(beacon.authority) refused the TLS handshake\(words); does it serve this name, and speak \(versions)?"
    default:
      return "the TLS handshake with \(beacon.authority) failed; does it speak \(versions) on this port?"
    }
  }

  /// The beacon's certificate is not taken.
  init(untrusted beacon: WSSURL, _ fault: CertificateFault, cause: any Error) {
    self.init(
      code: .tlsFailed, message: "\(beacon.authority) is not trusted: its certificate \(fault.reason(for: beacon))",
      cause: cause, retry: fault.retry)
  }

  /// Neither a beacon nor a refusal: the other end hung up.
  static func closedUnanswered(by beacon: WSSURL) -> TransportError {
    TransportError(
      code: .connectFailed,
      message:
        "\(beacon.authority) closed the connection before it answered; is it a beacon, and is TLS expected there?")
  }
}

extension CertificateFault {
  /// A certificate that is not valid now is cured by time, or by who runs the beacon.
  fileprivate var retry: RetryAdvice {
    switch self {
    case .expired, .notYetValid, .authorityNotValid: .later(after: nil)
    default: .never
    }
  }

  /// Words that follow "its certificate", with what to try.
  fileprivate func reason(for beacon: WSSURL) -> String {
    switch self {
    case .expired(let time, let now):
      """
      expired at \(WallClock.text(time)), and by this machine's clock it is \(WallClock.text(now)); the beacon needs a new one, \
      or the clock is wrong
      """
    case .notYetValid(let time, let now):
      """
      is valid from \(WallClock.text(time)) on, and by this machine's clock it is \(WallClock.text(now)); is the clock wrong?
      """
    case .selfSigned(let name):
      """
      is signed by itself (\(name)) and not among the authorities that are trusted; to trust it, give it as the CA file, or pin \
      its key
      """
    case .unknownAuthority(let issuer):
      """
      comes from an authority that isn't trusted (\(issuer)); if that is a proxy that opens connections, or the beacon's own \
      authority, give its CA file; else have the beacon send the certificates between the two
      """
    case .authorityNotValid:
      "comes from an authority whose own certificate is not valid now; give a CA file with the new one"
    case .otherHost(let names):
      """
      doesn't name the host \(beacon.host); it names \(Self.list(names)); reach the beacon by a name in its certificate, or \
      have one made for this one
      """
    case .otherKey(let pin?):
      """
      has the key \(pin), which is none of those that are pinned; if the beacon has changed its key, pin this one, and if not, \
      somebody else has answered
      """
    case .otherKey(nil):
      "has a key of a kind that can't be pinned, and others are not trusted; the beacon needs another certificate"
    case .notAccepted:
      """
      was not accepted; it must be made for servers, and lead to a trusted authority by signatures that hold and \
      certificates that are valid now
      """
    }
  }

  /// The first few of a certificate's names, each cut: a stranger has written them.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(4).map { PrintableText.line($0, limit: 64) }
    if shown.isEmpty { return "none" }
    return shown.joined(separator: ", ") + (names.count > shown.count ? " and \(names.count - shown.count) more" : "")
  }
}
