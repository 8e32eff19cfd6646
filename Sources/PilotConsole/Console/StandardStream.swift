#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A descriptor that lines are written to, without a buffer in between: what is written is out.
struct StandardStream: Sendable {
  /// 1 or 2, or one that leads to another process.
  let descriptor: Int32

  /// Whether a person sits at the other end.
  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes all of `text`. Blocks for as long as the reader lets it wait.
  func write(_ text: String) throws(OutputError) {
    var written = 0
    try write(Array(text.utf8), written: &written)
  }

  /// Writes all bytes. Blocks for as long as the reader lets it wait.
  ///
  /// - Parameter written: How many of them are out, when an error is thrown, too.
  func write(_ bytes: [UInt8], written: inout Int) throws(OutputError) {
    while written < bytes.count {
      // SAFETY: write(2) reads from the array's storage past what is written, and stays inside it.
      let count = unsafe bytes.span.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        return unsafe posixWrite(descriptor, rest.baseAddress, rest.count)
      }
      guard count < 0 else {
        written += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: waitUntilWritable()
      case EPIPE: throw .closed
      case let code: throw .system(SystemText.of(code))
      }
    }
  }

  /// The descriptor may be shared with a program that made it non-blocking.
  private func waitUntilWritable() {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // SAFETY: poll(2) reads and writes one `pollfd`, which lives for the length of the call.
    _ = unsafe poll(&request, 1, -1)
  }
}

/// write(2), under a name that a method called `write` doesn't hide.
private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
