#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file descriptor that is closed when this value ends.
struct OpenFile: ~Copyable {
  private let descriptor: Int32

  /// Opens a file to read it. Does not wait for the writer of a pipe, unless it is told to.
  init(reading path: String, waiting: Bool = false) throws(SystemCallError) {
    descriptor = try Self.descriptor(path, O_RDONLY | O_NOCTTY | (waiting ? 0 : O_NONBLOCK))
  }

  /// Makes a file that wasn't there before, with mode 0600 whatever the umask.
  init(creating path: String) throws(SystemCallError) {
    let descriptor = try Self.descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    guard fchmod(descriptor, 0o600) == 0 else {
      let error = SystemCallError.last
      _ = close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  private static func descriptor(_ path: String, _ flags: Int32) throws(SystemCallError) -> Int32 {
    // The system's text would end at the NUL, and name another file.
    guard !path.utf8.contains(0) else { throw SystemCallError(code: EINVAL) }
    return try retrying {
      // SAFETY: the path lives as a NUL-terminated text for the length of the call.
      unsafe open(path, flags | O_CLOEXEC, 0o600)
    }
  }

  deinit {
    // Nothing is left to do about a failure: what was written was synchronised before.
    _ = close(descriptor)
  }

  /// What the system says about the open file: of this very file, whatever its path means by now.
  func stamp() throws(SystemCallError) -> FileStamp {
    var status = stat()
    // SAFETY: fstat(2) writes one `stat`, which lives for the length of the call.
    _ = try retrying { unsafe fstat(descriptor, &status) }
    return FileStamp(status)
  }

  /// Everything up to the end of the file; nil if that is more than `limit` bytes.
  func contents(limit: Int) throws(SystemCallError) -> [UInt8]? {
    // One byte more than allowed, to see whether there is more: the size in the stamp may be out of date. Memory that is
    // never read into costs nothing, it stays unmapped.
    let bytes = try [UInt8](capacity: limit + 1) { output throws(SystemCallError) in
      // SAFETY: read(2) initialises as many bytes as it returns, inside the free part of the array's storage.
      try unsafe output.withUnsafeMutableBufferPointer { buffer, count throws(SystemCallError) in
        let storage = UnsafeMutableRawBufferPointer(buffer)
        while count < storage.count {
          let free = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[count...])
          let added = try retrying { unsafe read(descriptor, free.baseAddress, free.count) }
          guard added > 0 else { break }
          count += added
        }
      }
    }
    return bytes.count > limit ? nil : bytes
  }

  /// Writes all of `bytes` and waits until they are on the disk.
  func store(_ bytes: [UInt8]) throws(SystemCallError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: write(2) reads from the array's storage past what is written, and stays inside it.
      written += try unsafe bytes.span.withUnsafeBytes { buffer throws(SystemCallError) in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        return try retrying { unsafe write(descriptor, rest.baseAddress, rest.count) }
      }
    }
    _ = try retrying { fsync(descriptor) }
  }

  /// Makes the names in an open directory durable, as far as its file system does that at all.
  func synchronizeDirectory() {
    _ = fsync(descriptor)
  }
}

/// Makes a system call again for as long as a signal interrupts it.
func retrying<Result: SignedInteger>(_ call: () -> Result) throws(SystemCallError) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let error = SystemCallError.last
    guard error.code == EINTR else { throw error }
  }
}
