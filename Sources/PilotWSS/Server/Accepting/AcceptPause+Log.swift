package import Logging
import NIOCore
import PilotTransport
package import PilotWire

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

extension AcceptPause {
  /// A rest that is told to a log.
  ///
  /// - Parameters:
  ///   - address: What listens.
  ///   - tell: Hears whether connections are accepted, when that changes; on the event loop.
  package convenience init(at address: Endpoint, logger: Logger, tell: @escaping @Sendable (Bool) -> Void = { _ in }) {
    self.init { event in
      switch event {
      case .began(let error):
        tell(false)
        logger.warning(
          "No more connections can be accepted for now: tried again each second",
          metadata: ["listener": "\(address)", "error": "\(error)", "remedy": "\(Self.remedy(for: error.errnoCode))"])
      case .ended:
        tell(true)
        logger.notice("Connections are accepted again", metadata: ["listener": "\(address)"])
      }
    }
  }

  private static func remedy(for code: CInt) -> String {
    switch code {
    case EMFILE:
      "raise this process's limit of open files (ulimit -n, LimitNOFILE=, now \(DescriptorLimit.current)), or allow fewer connections"
    case ENFILE: "raise the system's limit of open files (sysctl fs.file-max)"
    default: "the system is short of memory for sockets"
    }
  }
}
