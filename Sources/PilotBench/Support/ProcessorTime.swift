#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// How long processors have worked for a thread or a process, in user and in kernel mode, by the kernel's own clocks
/// (clock_getres(2)). They count nanoseconds, where the tables in `/proc` count hundredths of a second.
enum ProcessorTime {
  /// For the calling thread, since it began.
  static func ofThread() -> Duration {
    read(CLOCK_THREAD_CPUTIME_ID) ?? .zero
  }

  /// For this process, all threads together, also those that have ended.
  static func ofProcess() -> Duration {
    read(CLOCK_PROCESS_CPUTIME_ID) ?? .zero
  }

  /// For another process; nil if there is none with this number, or this system doesn't tell.
  static func of(process: Int32) -> Duration? {
    #if canImport(Darwin)
      return nil
    #else
      var clock = clockid_t()
      // SAFETY: clock_getcpuclockid(3) writes one clock's number, which lives for the length of the call.
      guard unsafe clock_getcpuclockid(process, &clock) == 0 else { return nil }
      return read(clock)
    #endif
  }

  private static func read(_ clock: clockid_t) -> Duration? {
    // Seconds and nanoseconds. The members of `timespec` can't be named under MemberImportVisibility: which C module they
    // belong to depends on the order in which modules are loaded.
    var words = [Int](repeating: 0, count: MemoryLayout<timespec>.size / MemoryLayout<Int>.size)
    // SAFETY: clock_gettime(2) writes one `timespec`, which on 64-bit systems is two words, and the array has its size.
    let result = unsafe words.withUnsafeMutableBytes { buffer in
      guard let memory = buffer.baseAddress else { return Int32(-1) }
      return unsafe clock_gettime(clock, memory.assumingMemoryBound(to: timespec.self))
    }
    guard result == 0, words.count == 2 else { return nil }
    return .seconds(words[0]) + .nanoseconds(words[1])
  }
}
