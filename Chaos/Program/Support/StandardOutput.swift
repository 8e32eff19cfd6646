#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes to standard output at once, whole.
enum StandardOutput {
  static func write(_ bytes: [UInt8], to descriptor: Int32 = 1) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: write(2) reads at most the bytes of the slice, which lives until the end of the call.
      let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// A line of text.
  static func print(_ line: String, to descriptor: Int32 = 1) {
    write(Array((line + "\n").utf8), to: descriptor)
  }

  /// Whether somebody is looking.
  static var errorIsTerminal: Bool { isatty(2) == 1 }
}

/// write(2), under a name that a method called `write` doesn't hide.
@unsafe
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  // SAFETY: write(2) reads at most the buffer's bytes.
  unsafe write(descriptor, bytes.baseAddress, bytes.count)
}
