internal import CPilotProcess
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Whether the kernel writes this process's memory, private keys included, into a file when it crashes.
package enum CoreDumps {
  #if canImport(Glibc)
    private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_CORE.rawValue) }
  #else
    private static var kind: CInt { RLIMIT_CORE }
  #endif

  /// Has it write none from now on: neither a file (RLIMIT_CORE, setrlimit(2)) nor, on Linux, through a program that collects
  /// dumps whatever the limit (PR_SET_DUMPABLE, prctl(2)). For good: the limit can't be raised again but by root, and children
  /// inherit it. Debuggers and profilers of the same user can't attach either.
  ///
  /// - Returns: Whether the system has done both.
  @discardableResult
  package static func forbid() -> Bool {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    // SAFETY: setrlimit(2) reads one `rlimit`, which lives for the length of the call.
    let isLimited = unsafe setrlimit(kind, &limit) == 0
    return cpilot_process_make_undumpable() == 0 && isLimited
  }

  /// Whether the kernel may write one, whatever the limit.
  package static var areAllowed: Bool { cpilot_process_is_dumpable() == 1 }
}
