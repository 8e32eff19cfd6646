#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// read(2) that waits, also on a descriptor that doesn't block: standard input is shared with the program that started this
/// one, which may have made it so.
enum BlockingRead {
  /// The system refuses to read, for instance from a directory.
  struct Failure: Error, Equatable {
    /// The system's text.
    let reason: String
  }

  /// Reads what is there, at most `count` bytes, or waits for it.
  ///
  /// - Returns: The bytes, none at the end.
  static func bytes(from descriptor: Int32, atMost count: Int) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
      while true {
        // SAFETY: read(2) fills at most the memory's bytes and returns how many.
        let result = unsafe read(descriptor, memory.baseAddress, memory.count)
        initialized = max(result, 0)
        if result >= 0 { return }
        switch errno {
        case EINTR: continue
        case EAGAIN: waitUntilReadable(descriptor)
        case let code:
          failure = Failure(reason: SystemText.of(code))
          return
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func waitUntilReadable(_ descriptor: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: poll(2) reads and writes one `pollfd`, which lives for the length of the call.
    _ = unsafe poll(&request, 1, -1)
  }
}
