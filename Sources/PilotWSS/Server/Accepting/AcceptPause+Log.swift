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
  /// - Parameter address: What listens.
  package convenience init(at address: Endpoint, logger: Logger) {
    self.init { event in
      switch event {
      case .began(let error):
        logger.warning(
          "No more connections can be accepted for now: tried again each second",
          metadata: ["listener": "\(address)", "error": "\(error)", "remedy": "\(Self.remedy(for: error.errnoCode))"])
      case .ended:
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
