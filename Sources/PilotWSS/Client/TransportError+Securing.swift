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
      self.init(
        code: .tlsFailed,
        message: """
          the TLS handshake with \(beacon.authority) failed; does it speak TLS 1.3 on this port, or TLS 1.2 with ECDHE and \
          AES-GCM or ChaCha20?
          """, cause: error)
    }
  }

  /// The beacon's certificate is not taken.
  init(untrusted beacon: WSSURL, _ fault: CertificateFault, cause: any Error) {
    let reason =
      switch fault {
      case .expired(let time):
        "expired at \(WallClock.text(time)); the beacon needs a new one, or this machine's clock is wrong"
      case .notYetValid(let time):
        "is valid from \(WallClock.text(time)) on; is this machine's clock wrong?"
      case .selfSigned:
        "is signed by itself and not among the authorities that are trusted; to trust it, give it as the CA file"
      case .unknownAuthority:
        """
        comes from an authority that isn't trusted; give that authority's CA file, or have the beacon send the \
        certificates between the two
        """
      case .authorityNotValid:
        "comes from an authority whose own certificate is not valid now; give a CA file with the new one"
      case .otherHost:
        "doesn't name the host \(beacon.host); reach the beacon by a name in its certificate, or have one made for this one"
      case .notAccepted:
        """
        was not accepted; it must be made for servers, and lead to a trusted authority by signatures that hold and \
        certificates that are valid now
        """
      }
    self.init(
      code: .tlsFailed, message: "\(beacon.authority) is not trusted: its certificate \(reason)", cause: cause)
  }

  /// Neither a beacon nor a refusal: the other end hung up.
  static func closedUnanswered(by beacon: WSSURL) -> TransportError {
    TransportError(
      code: .connectFailed,
      message:
        "\(beacon.authority) closed the connection before it answered; is it a beacon, and is TLS expected there?")
  }
}
