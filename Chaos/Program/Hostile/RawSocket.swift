import PilotWSS
import PilotTransport
import NIOCore
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A socket for ICMP messages of one's own making (raw(7)).
struct RawSocket: ~Copyable {
  private let descriptor: Int32

  /// - Throws: What is missing: it takes root, or CAP_NET_RAW.
  init() throws(ChaosFailure) {
    #if canImport(Glibc)
      let kind = Int32(SOCK_RAW.rawValue)
    #else
      let kind = SOCK_RAW
    #endif
    let descriptor = socket(AF_INET, kind, Int32(IPPROTO_ICMP))
    guard descriptor >= 0 else {
      throw ChaosFailure("no raw socket (errno \(errno)); run it as root, or with CAP_NET_RAW")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends one message.
  ///
  /// - Returns: Whether the kernel took it.
  func send(_ message: [UInt8], to endpoint: Endpoint) -> Bool {
    // SAFETY: sendto(2) reads the array's bytes and one address, both of which live for the length of the call.
    let sent = unsafe try? SocketAddress(endpoint: endpoint).withSockAddr { address, length in
      unsafe sendto(descriptor, message, message.count, 0, address, socklen_t(length))
    }
    return sent == message.count
  }
}
