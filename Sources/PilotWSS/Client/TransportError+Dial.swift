import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PilotIdentity
import PilotTransport
import PilotWire

/// What the layers below report, in words that say what to try.
extension TransportError {
  /// DNS or TCP failed.
  init(connecting error: any Error, to beacon: WSSURL) {
    switch error {
    case let error as NIOConnectionError where error.connectionErrors.isEmpty:
      self.init(
        code: .resolveFailed, message: "the name \(beacon.host) could not be resolved; check it and the name server",
        cause: error.dnsAError ?? error.dnsAAAAError)
    case let error as NIOConnectionError where !error.connectionErrors.allSatisfy({ $0.error is ChannelError }):
      // With several addresses, one that refused says more than one that kept silent.
      let cause = error.connectionErrors.first { !($0.error is ChannelError) }?.error
      let words = cause.map(Self.inTheSystemsWords)
      self.init(
        code: .connectFailed, message: "no TCP connection to \(beacon.authority); does the beacon run there?",
        cause: words)
    case is NIOConnectionError, is ChannelError:
      self.init(
        code: .timedOut, message: "no TCP connection to \(beacon.authority) in time; a firewall may drop the packets")
    default:
      self.init(
        code: .connectFailed, message: "no TCP connection to \(beacon.authority); does the beacon run there?",
        cause: Self.inTheSystemsWords(error))
    }
  }

  /// `Connection refused` instead of how SwiftNIO tells of it.
  private static func inTheSystemsWords(_ error: any Error) -> any Error {
    (error as? IOError).map { SystemCallError(code: $0.errnoCode) } ?? error
  }

  /// TLS or the HTTP upgrade failed.
  init(upgrading error: any Error, to beacon: WSSURL) {
    switch error {
    case NIOSSLError.uncleanShutdown, NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])):
      self.init(
        code: .connectFailed,
        message:
          "\(beacon.authority) closed the connection before it answered; is it a beacon, and is TLS expected there?")
    case is NIOSSLExtraError, NIOSSLError.unableToValidateCertificate:
      self.init(untrusted: beacon, error)
    case let error where String(describing: error).contains("CERTIFICATE_VERIFY_FAILED"):
      self.init(untrusted: beacon, error)
    case is NIOSSLError, is BoringSSLError:
      self.init(
        code: .tlsFailed,
        message: """
          the TLS handshake with \(beacon.authority) failed; does it speak TLS 1.3 on this port, or TLS 1.2 with ECDHE and \
          AES-GCM or ChaCha20?
          """, cause: error)
    case HTTPParserError.headerOverflow:
      self.init(
        code: .upgradeRefused,
        message: """
          \(beacon) sent more than \(HandshakeGate.headLimit) HTTP heads, or more than \(HandshakeGate.limit) bytes of \
          them, before the upgrade; is it a beacon?
          """, cause: error)
    case is HTTPParserError:
      self.init(code: .upgradeRefused, message: "\(beacon) doesn't speak HTTP", cause: error)
    case let error as IOError:
      self.init(
        code: .connectFailed, message: "\(beacon.authority) ended the connection before the upgrade",
        cause: Self.inTheSystemsWords(error))
    default:
      self.init(code: .upgradeRefused, message: "the upgrade at \(beacon) failed", cause: error)
    }
  }

  /// BoringSSL names no reason why it rejects a certificate.
  private init(untrusted beacon: WSSURL, _ cause: any Error) {
    self.init(
      code: .tlsFailed,
      message: """
        TLS with \(beacon.authority) failed: its certificate must be valid now, name the host, and come from a trusted \
        authority; for a private authority give its CA file
        """, cause: cause)
  }

  /// A connection ended.
  init(_ end: WebSocketEnd, of configuration: WSSTransport.Configuration, wasEstablished: Bool) {
    let beacon = configuration.beacon
    switch end {
    case .closed(let frame) where frame.code == .policyViolation && !wasEstablished:
      self.init(
        code: .authenticationFailed,
        message: """
          \(beacon) refused node \(configuration.node): \(frame.quotedReason). The beacon may not know this node, know \
          another key for it, or one of the two clocks is off by more than 30 s
          """)
    case .closed(let frame) where frame.code == .normal && frame.reason == "replaced":
      self.init(
        code: .replaced,
        message: "another connection of node \(configuration.node) took this one's place; is the node running twice?")
    case .closed(let frame):
      self.init(
        code: .connectionLost,
        message:
          "\(beacon) closed the connection (\(frame.code.map(String.init(describing:)) ?? "no code"): \(frame.quotedReason))"
      )
    case .closedHere(let frame):
      self.init(code: .protocolViolation, message: "\(beacon) did not keep to the protocol: \(frame.reason)")
    case .failed(let error):
      self.init(code: .protocolViolation, message: "\(beacon) broke the WebSocket protocol: \(error)")
    case .silent(let time):
      self.init(code: .connectionLost, message: "\(beacon) gave no sign of life within \(time)")
    case .stalled(let time):
      self.init(code: .connectionLost, message: "\(beacon) took nothing of what was sent for \(time)")
    case .authenticationTimedOut:
      self.init(code: .timedOut, message: "\(beacon) did not complete the authentication in time")
    case .lost(let error):
      self.init(
        code: .connectionLost, message: "the connection to \(beacon) was lost",
        cause: error.map(Self.inTheSystemsWords))
    }
  }

  /// Whether calling again soon can't help: the beacon refuses this node, or the node runs elsewhere too.
  var isHopeless: Bool { code == .authenticationFailed || code == .replaced }
}

extension WebSocketCloseFrame {
  /// The reason as the peer gave it: at most 123 bytes, without control characters.
  var quotedReason: String {
    reason.isEmpty ? "no reason given" : "\"\(PrintableText.line(reason, limit: 123))\""
  }
}

extension WSSURL {
  /// The name for SNI and for the certificate's check; `nil` for an IP address, which TLS checks by itself.
  var serverName: String? {
    (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
  }
}
