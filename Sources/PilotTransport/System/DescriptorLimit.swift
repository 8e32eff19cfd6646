#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// How many files and sockets a process may have open (RLIMIT_NOFILE, getrlimit(2)).
package enum DescriptorLimit {
  /// What else a beacon has open beside the connections of a listener: UDP sockets, event loops, standard streams, files that
  /// are read again, and a status port's connections.
  package static let reserve = 64

  #if canImport(Glibc)
    private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
  #else
    private static var kind: CInt { RLIMIT_NOFILE }
  #endif

  /// The limit in force at the moment.
  package static var current: Int { limit.map { Int(clamping: $0.rlim_cur) } ?? 1_024 }

  /// Raises this process's limit, which its children inherit, as far as it may.
  ///
  /// - Returns: The limit from then on.
  @discardableResult
  package static func raise() -> Int {
    guard var limit else { return 1_024 }
    let before = limit.rlim_cur
    limit.rlim_cur = limit.rlim_max
    // SAFETY: setrlimit(2) reads one `rlimit`, which lives for the length of the call.
    let after = unsafe setrlimit(kind, &limit) == 0 ? limit.rlim_max : before
    return Int(clamping: after)
  }

  private static var limit: rlimit? {
    var limit = rlimit()
    // SAFETY: getrlimit(2) writes one `rlimit`, which lives for the length of the call.
    return unsafe getrlimit(kind, &limit) == 0 ? limit : nil
  }
}
