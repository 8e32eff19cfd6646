#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where a program says what is wrong, and how it ends then.
enum StandardError {
  static func write(_ text: String) {
    let bytes = Array(text.utf8)
    // SAFETY: the kernel reads the array's bytes during the call.
    _ = unsafe bytes.withUnsafeBytes { unsafe Self.write($0) }
  }

  @unsafe private static func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
      unsafe Darwin.write(2, bytes.baseAddress, bytes.count)
    #elseif canImport(Glibc)
      unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
    #else
      unsafe Musl.write(2, bytes.baseAddress, bytes.count)
    #endif
  }

  static func exit(_ status: Int32) -> Never {
    #if canImport(Darwin)
      Darwin.exit(status)
    #elseif canImport(Glibc)
      Glibc.exit(status)
    #else
      Musl.exit(status)
    #endif
  }
}
