#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Files and directories that others keep, read at once: certificates, for example.
package enum WholeFile {
  /// The bytes of a file, which may come through a pipe; nil if there are more than `limit`. Blocks for as long as the
  /// disk, or who writes into the pipe, takes.
  package static func contents(of path: String, limit: Int) throws(SystemCallError) -> [UInt8]? {
    try OpenFile(reading: path, waiting: true).contents(limit: limit)
  }

  /// The names in a directory, sorted, without those that begin with a dot.
  package static func names(in directory: String) throws(SystemCallError) -> [String] {
    guard !directory.utf8.contains(0) else { throw SystemCallError(code: EINVAL) }
    // SAFETY: opendir(3) reads the path, a NUL-terminated text for the length of the call; the stream that it gives is
    // closed at the end and used by nobody else.
    guard let stream = unsafe opendir(directory) else { throw .last }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      // SAFETY: an entry stays valid until the next call on its stream, and its name is copied before that.
      guard let entry = unsafe readdir(stream) else {
        guard errno == 0 else { throw .last }
        return names.sorted()
      }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
  }
}
