import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport

/// Why there is no TCP connection, in words that say what to try.
extension TransportError {
  /// DNS or TCP failed.
  init(connecting error: any Error, to beacon: WSSURL) {
    switch error {
    case let error as NIOConnectionError where error.connectionErrors.isEmpty:
      let cause = error.dnsAError ?? error.dnsAAAAError
      let words = (cause as? SocketAddressError.UnknownHost)?.errorDescription
      self.init(
        code: .resolveFailed,
        message:
          "the name \(beacon.host) could not be resolved\(words.map { " (\($0))" } ?? ""); check it and the name server",
        cause: words == nil ? cause : nil)
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
  static func inTheSystemsWords(_ error: any Error) -> any Error {
    (error as? IOError).map { SystemCallError(code: $0.errnoCode) } ?? error
  }
}
