#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A descriptor that is read to its end, for commands that take a short text from standard input.
struct StandardInput: Sendable {
  /// 0; tests use others.
  var descriptor: Int32 = 0

  /// All that comes until the end. Blocks until then.
  ///
  /// - Throws: A failure if more than `limit` bytes come, or the system refuses.
  func text(limit: Int) throws(CommandFailure) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      // SAFETY: read(2) writes into the array's storage, at most as many bytes as it has.
      let count = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe read(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure("standard input can't be read", hint: "pipe the text in, or give it as an argument")
      }
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
      guard bytes.count <= limit else {
        throw CommandFailure("there are more than \(limit) bytes on standard input", hint: "give one frame at a time")
      }
    }
  }
}
