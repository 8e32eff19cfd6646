import NIOCore
import NIOPosix
import PilotIdentity
import PilotTransport

/// Why there is no TCP connection, in words that say what to try.
extension TransportError {
  /// DNS or TCP failed.
  init(connecting error: any Error, to target: DialTarget) {
    switch error {
    case let error as NIOConnectionError where error.connectionErrors.isEmpty:
      self.init(unresolved: target.host, (error.dnsAError ?? error.dnsAAAAError) as? ResolveFault)
    case let error as NIOConnectionError where !error.connectionErrors.allSatisfy({ $0.error is ChannelError }):
      // With several addresses, one that refused says more than one that kept silent.
      let cause = error.connectionErrors.first { !($0.error is ChannelError) }?.error
      self.init(unconnected: target, cause: cause)
    case is NIOConnectionError, is ChannelError:
      self.init(
        code: .timedOut,
        message: "no TCP connection to the \(target.role) \(target.authority) in time; \(target.adviceOnSilence)")
    default:
      self.init(unconnected: target, cause: error)
    }
  }

  private init(unconnected target: DialTarget, cause: (any Error)?) {
    self.init(
      code: .connectFailed,
      message: "no TCP connection to \(target.authority); does the \(target.role) run there?",
      cause: cause.map(Self.inTheSystemsWords))
  }

  /// A name has no address.
  init(unresolved host: String, _ fault: ResolveFault?) {
    let reason = fault.map { " (\($0.reason))" } ?? ""
    self.init(
      code: .resolveFailed, message: "the name \(host) could not be resolved\(reason); check it and the name server")
  }

  /// `Connection refused` instead of how SwiftNIO tells of it.
  static func inTheSystemsWords(_ error: any Error) -> any Error {
    (error as? IOError).map { SystemCallError(code: $0.errnoCode) } ?? error
  }
}
