#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Sockets that a transport is asked to adopt, right ones and wrong ones.
enum Sockets {
  enum Kind { case udp, tcp, unix }

  static func make(_ kind: Kind, ipv6: Bool = false) -> CInt {
    #if os(Linux)
      let (datagram, stream) = (CInt(SOCK_DGRAM.rawValue), CInt(SOCK_STREAM.rawValue))
    #else
      let (datagram, stream) = (SOCK_DGRAM, SOCK_STREAM)
    #endif
    return switch kind {
    case .udp: socket(ipv6 ? AF_INET6 : AF_INET, datagram, 0)
    case .tcp: socket(AF_INET, stream, 0)
    case .unix: socket(AF_UNIX, datagram, 0)
    }
  }

  /// Binds a socket to all addresses, any port.
  static func bindToAll(_ descriptor: CInt, ipv6: Bool) -> CInt {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(ipv6 ? AF_INET6 : AF_INET)
    let length = ipv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    // SAFETY: both kinds start with the fields of sockaddr, and are zero behind them.
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(length))
      }
    }
  }

  /// Binds an IPv4 socket to 127.0.0.1, any port, or connects it to this port there.
  static func bindToLoopback(_ descriptor: CInt) -> CInt {
    unsafe withLoopback(port: 0) { unsafe bind(descriptor, $0, $1) }
  }

  static func connectToLoopback(_ descriptor: CInt, port: UInt16) -> CInt {
    unsafe withLoopback(port: port) { unsafe connect(descriptor, $0, $1) }
  }

  private static func withLoopback(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = port.bigEndian
    // SAFETY: sockaddr_in starts with the fields of sockaddr, and its size goes along.
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  #if os(Linux)
    /// Switches UDP checksums off (SO_NO_CHECK), which makes the kernel refuse UDP_SEGMENT with EINVAL.
    static func switchChecksumsOff(_ descriptor: CInt) -> CInt { switchOn(SO_NO_CHECK, of: descriptor) }

    /// Lets a socket send to broadcast addresses.
    static func allowBroadcast(_ descriptor: CInt) -> CInt { switchOn(SO_BROADCAST, of: descriptor) }

    /// Lets a socket tell when each datagram came (socket(7)).
    static func reportTimes(_ descriptor: CInt) -> CInt { switchOn(SO_TIMESTAMP, of: descriptor) }

    /// Keeps further sockets away from a bound one's address, as another user's socket does (SO_REUSEPORT, socket(7)).
    static func stopSharing(_ descriptor: CInt) -> CInt { set(SO_REUSEPORT, to: 0, of: descriptor) }

    private static func switchOn(_ option: CInt, of descriptor: CInt) -> CInt { set(option, to: 1, of: descriptor) }

    private static func set(_ option: CInt, to value: CInt, of descriptor: CInt) -> CInt {
      var value = value
      // SAFETY: the option is a number of this size.
      return unsafe setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }
  #endif

  static func isOpen(_ descriptor: CInt) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

  static func shutDown(_ descriptor: CInt, onlyReceiving: Bool = false) {
    _ = shutdown(descriptor, onlyReceiving ? CInt(SHUT_RD) : CInt(SHUT_RDWR))
  }

  static func closeDescriptor(_ descriptor: CInt) { _ = close(descriptor) }

  /// How many entries a directory of /proc/self has.
  static func entries(of directory: String) -> Int {
    // SAFETY: the stream is open until closedir.
    guard let stream = unsafe opendir("/proc/self/\(directory)") else { return 0 }
    defer { unsafe closedir(stream) }
    var count = 0
    while unsafe readdir(stream) != nil { count += 1 }
    return count
  }

  static func yieldThread() { _ = sched_yield() }

  /// How long this thread has been running on a processor.
  static var threadTime: Duration {
    var time = timespec()
    // SAFETY: the call writes a timespec.
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  static var currentThread: UInt {
    #if os(Linux)
      UInt(pthread_self())
    #else
      unsafe UInt(bitPattern: pthread_self())
    #endif
  }
}
