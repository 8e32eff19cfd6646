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
  /// Reads what is there, at most `count` bytes, or waits for it.
  ///
  /// - Returns: The bytes, none at the end; nil if the system refuses.
  static func bytes(from descriptor: Int32, atMost count: Int) -> [UInt8]? {
    var failed = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
      while true {
        // SAFETY: read(2) fills at most the memory's bytes and returns how many.
        let result = unsafe read(descriptor, memory.baseAddress, memory.count)
        initialized = max(result, 0)
        if result >= 0 { return }
        switch errno {
        case EINTR: continue
        case EAGAIN: waitUntilReadable(descriptor)
        default:
          failed = true
          return
        }
      }
    }
    return failed ? nil : bytes
  }

  private static func waitUntilReadable(_ descriptor: Int32) {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    // SAFETY: poll(2) reads and writes one `pollfd`, which lives for the length of the call.
    _ = unsafe poll(&request, 1, -1)
  }
}
