#if os(Linux)
  import PilotTransport

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// An rtnetlink socket (rtnetlink(7)), which this process needs no privilege for. Closed when nobody holds it any more.
  final class RouteSocket: Sendable {
    /// What it is told about.
    enum Groups: UInt32 {
      case none = 0
      /// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR and RTMGRP_IPV6_ROUTE.
      case changes = 0x551
    }

    enum Received {
      /// So many bytes of messages.
      case messages(Int)
      /// The kernel has dropped some for want of room, or one didn't fit.
      case overrun
      case nothing
      case failed
    }

    /// What one receive needs room for: the kernel makes answers no longer, and few messages by themselves come near.
    static let bufferLength = 32_768

    let descriptor: CInt

    /// - Throws: `.system` where there is no such socket: some sandboxes forbid it.
    init(groups: Groups) throws(TransportError) {
      let netlink: CInt = 16  // AF_NETLINK
      #if canImport(Glibc)
        let type = CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
      #else
        let type = SOCK_RAW | SOCK_CLOEXEC
      #endif
      descriptor = socket(netlink, type, 0)
      guard descriptor >= 0 else { throw Self.failure("opened") }
      var address = Address(groups: groups.rawValue)
      // SAFETY: the address is a sockaddr_nl (netlink(7)), of the length that goes along.
      let result = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
        }
      }
      // The deinitializer closes it.
      guard result == 0 else { throw Self.failure("bound") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func failure(_ what: String) -> TransportError {
      TransportError(
        code: .system, message: "the socket that tells of changes of the network can't be \(what) (errno \(errno))")
    }

    /// A `struct sockaddr_nl`.
    private struct Address {
      var family: UInt16 = 16
      var padding: UInt16 = 0
      var port: UInt32 = 0
      var groups: UInt32 = 0
    }

    /// Takes what the kernel has sent, without waiting. Anybody else's messages are passed over.
    func receive(into buffer: inout [UInt8]) -> Received {
      while true {
        var from = Address()
        var length = socklen_t(MemoryLayout<Address>.size)
        // SAFETY: the kernel writes no more than the buffer and the address have room for; the call doesn't keep them.
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
          unsafe withUnsafeMutablePointer(to: &from) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
              unsafe recvfrom(
                descriptor, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT) | CInt(MSG_TRUNC), $0,
                &length)
            }
          }
        }
        if count < 0 {
          switch errno {
          case EINTR: continue
          case ENOBUFS: return .overrun
          case EAGAIN: return .nothing
          default: return .failed
          }
        }
        if from.port != 0 { continue }
        return count > buffer.count ? .overrun : .messages(count)
      }
    }

    /// Asks for everything of a kind: an RTM_GET request with NLM_F_REQUEST and NLM_F_DUMP. The kernel answers as it is read.
    ///
    /// - Parameters:
    ///   - type: The request.
    ///   - headerLength: How long the header is that goes with it, in bytes; all of it 0, for all families.
    func ask(_ type: UInt16, headerLength: Int) -> Bool {
      let length = 16 + min(headerLength, 16)
      var request = Request(length: UInt32(length), type: type)
      // SAFETY: the kernel reads the bytes during the call, which are no more than there are.
      return unsafe withUnsafeBytes(of: &request) { unsafe send(descriptor, $0.baseAddress, length, 0) } == length
    }

    /// A `struct nlmsghdr`, and room for the longest header behind it.
    private struct Request {
      var length: UInt32
      var type: UInt16
      var flags: UInt16 = 0x301
      var sequence: UInt32 = 0
      var port: UInt32 = 0
      var header: (UInt64, UInt64) = (0, 0)
    }

    /// Has the kernel keep so many bytes for this process, within what it allows (SO_RCVBUF, socket(7)).
    func request(buffer: Int) {
      var bytes = CInt(clamping: buffer)
      // SAFETY: the option is a number of this size.
      _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }
  }
#endif
