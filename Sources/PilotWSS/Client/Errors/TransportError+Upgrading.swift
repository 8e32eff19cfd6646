import NIOCore
import NIOHTTP1
import NIOSSL
import PilotTransport

/// Why the upgrade failed without an answer that says so, in words that say what to try.
extension TransportError {
  /// What TLS or HTTP reports once the request is on its way.
  init(upgrading error: any Error, to beacon: WSSURL) {
    switch error {
    case NIOSSLError.uncleanShutdown:
      self = .closedUnanswered(by: beacon)
    case HTTPParserError.headerOverflow:
      self.init(
        code: .upgradeRefused,
        message: """
          \(beacon) sent more than \(HandshakeGate.headLimit) HTTP heads, or more than \(HandshakeGate.limit) bytes of \
          them, before the upgrade; is it a beacon?
          """, cause: error)
    case is HTTPParserError:
      self.init(code: .upgradeRefused, message: "\(beacon) doesn't speak HTTP", cause: error)
    case is NIOSSLError, is BoringSSLError:
      self.init(securing: error, to: beacon)
    case let error as IOError:
      self.init(
        code: .connectFailed, message: "\(beacon.authority) ended the connection before the upgrade",
        cause: Self.inTheSystemsWords(error))
    default:
      self.init(code: .upgradeRefused, message: "the upgrade at \(beacon) failed", cause: error)
    }
  }
}
