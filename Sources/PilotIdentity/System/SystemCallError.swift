#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What a system call refused.
package struct SystemCallError: Error, Hashable {
  /// The `errno` value.
  let code: Int32

  /// The failure with this `errno` value.
  package init(code: Int32) {
    self.code = code
  }

  /// Whether link(2) says by it that the file system has no hard links: EPERM by its manual page, the others by file systems
  /// that are served by programs or over a network.
  var meansNoHardLinks: Bool { [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(code) }

  /// The value that the call that just failed on this thread left behind.
  static var last: SystemCallError { SystemCallError(code: errno) }
}

extension SystemCallError: CustomStringConvertible {
  /// The system's own words: `Permission denied`.
  package var description: String {
    // SAFETY: strerror(3) gives a NUL-terminated text that lives until the next call on this thread; it is copied here.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}
