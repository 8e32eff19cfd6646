#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the system's error numbers mean.
enum SystemText {
  /// The system's own words: `No space left on device`.
  static func of(_ code: Int32) -> String {
    // SAFETY: strerror(3) gives a NUL-terminated text that lives until the next call on this thread; it is copied here.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }

  /// What helps a socket that could not be had or bound; nil where only the words say more.
  static func remedy(_ code: Int32) -> String? {
    switch code {
    case EADDRINUSE: "stop the program that has the port, or choose another one (port 0 picks one)"
    case EADDRNOTAVAIL: "no interface of this machine has this address"
    case EAFNOSUPPORT, EPROTONOSUPPORT: "this machine has no such address family"
    case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
    case EACCES, EPERM: "a port below 1024 needs a privilege, and a sandbox may forbid sockets altogether"
    default: nil
    }
  }
}
