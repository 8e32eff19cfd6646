#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// How many files and sockets a process may have open (RLIMIT_NOFILE, getrlimit(2)).
package enum DescriptorLimit {
  /// Raises this process's limit, which its children inherit, as far as it may.
  ///
  /// - Returns: The limit from then on.
  @discardableResult
  package static func raise() -> Int {
    var limit = rlimit()
    // SAFETY: getrlimit(2) and setrlimit(2) write and read one `rlimit`, which lives for the length of the calls.
    #if canImport(Glibc)
      let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let kind = RLIMIT_NOFILE
    #endif
    guard unsafe getrlimit(kind, &limit) == 0 else { return 1_024 }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    let after = unsafe setrlimit(kind, &limit) == 0 ? limit.rlim_max : before
    return Int(clamping: after)
  }
}
