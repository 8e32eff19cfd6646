#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What signals do to the process unless a command decides otherwise.
package enum ProcessSignals {
  /// A reader or peer that went away becomes an error of the write, and SIGINT the exit code 130.
  ///
  /// Without a handler SIGINT would end the process as well, but as killed: shells make 130 of that, other callers
  /// don't. Commands that end gracefully install their own handling of SIGINT over this one.
  package static func prepare() {
    _ = signal(SIGPIPE, SIG_IGN)
    // The handler calls nothing but _exit(2), which is async-signal-safe (signal-safety(7)).
    _ = signal(SIGINT) { _ in _exit(ExitStatus.interrupted.rawValue) }
  }
}
