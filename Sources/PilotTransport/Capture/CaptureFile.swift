#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The system's part of a capture: a file of one's own that is written from its beginning, or a pipe that somebody reads.
struct CaptureFile: ~Copyable, Sendable {
  /// Why a file can't be had, or written any more: errno.
  struct Failure: Error, Equatable {
    let code: Int32

    fileprivate static var last: Failure { Failure(code: errno) }

    /// The system's words.
    var reason: String {
      // SAFETY: strerror(3) gives a NUL-terminated text, which is copied before anybody else can ask for another one.
      unsafe String(cString: strerror(code))
    }
  }

  private let descriptor: Int32
  /// Whether what was written in part can be taken back.
  private let isRegular: Bool

  /// Opens a file for nobody else to read (mode 0600, also if it was there before), and empties it; or a pipe whose reader
  /// is there.
  ///
  /// A symbolic link isn't followed: in a directory that others can write to, it would have a file of this user emptied. But
  /// for the names of open descriptors, `/dev/fd/…`, which a shell makes of `>(…)`.
  init(_ path: String) throws(Failure) {
    // The system's text would end at the NUL, and name another file.
    guard !path.utf8.contains(0) else { throw Failure(code: EINVAL) }
    let follows = ["/dev/fd/", "/proc/self/fd/"].contains { path.hasPrefix($0) }
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follows ? 0 : O_NOFOLLOW)
    // SAFETY: the path lives as a NUL-terminated text for the length of the call.
    let descriptor = try Self.retrying { unsafe open(path, flags, 0o600) }
    do throws(Failure) {
      isRegular = try Self.prepare(descriptor)
    } catch {
      _ = close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { _ = close(descriptor) }

  /// - Returns: Whether it is a file on a disk.
  private static func prepare(_ descriptor: Int32) throws(Failure) -> Bool {
    var status = stat()
    // SAFETY: fstat(2) writes one `stat`, which lives for the length of the call.
    _ = try retrying { unsafe fstat(descriptor, &status) }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    if isRegular {
      _ = try retrying { fchmod(descriptor, 0o600) }
      _ = try retrying { ftruncate(descriptor, 0) }
    }
    // Opened without waiting for a reader; to be written by a thread that may wait.
    let flags = try retrying { fcntl(descriptor, F_GETFL) }
    _ = try retrying { fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
    return isRegular
  }

  /// Writes all of `bytes`. On a thread that may wait for a reader, and gets no signal for one who has gone.
  ///
  /// - Returns: Why not, and how many bytes of it, whole blocks, are in the file then; nil if all are.
  func write(_ bytes: [UInt8]) -> (failure: Failure, kept: Int)? {
    var written = 0
    do throws(Failure) {
      try Self.withoutPipeSignal { () throws(Failure) in
        while written < bytes.count {
          // SAFETY: write(2) reads from the array's storage past what is written, and stays inside it.
          written += try unsafe bytes.span.withUnsafeBytes { buffer throws(Failure) in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
            return try Self.retrying { unsafe systemWrite(descriptor, rest.baseAddress, rest.count) }
          }
        }
      }
      return nil
    } catch {
      let kept = CaptureBlock.whole(in: bytes.prefix(written)).length
      cut(written - kept)
      return (error, kept)
    }
  }

  /// Takes back the end of the file: half a block.
  private func cut(_ excess: Int) {
    guard isRegular, excess > 0 else { return }
    let end = lseek(descriptor, 0, SEEK_CUR)
    if end >= off_t(excess) { _ = ftruncate(descriptor, end - off_t(excess)) }
  }

  /// SIGPIPE, which ends a program that doesn't heed it, stays with this thread, and is taken from it.
  private static func withoutPipeSignal(_ body: () throws(Failure) -> Void) throws(Failure) {
    #if canImport(Darwin)
      try body()
    #else
      var (pipe, before) = (sigset_t(), sigset_t())
      // SAFETY: each call reads or writes signal sets that live for its length.
      unsafe sigemptyset(&pipe)
      unsafe sigaddset(&pipe, SIGPIPE)
      unsafe pthread_sigmask(SIG_BLOCK, &pipe, &before)
      defer {
        var now = timespec()
        while unsafe sigtimedwait(&pipe, nil, &now) >= 0 {}
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
      }
      try body()
    #endif
  }

  private static func retrying<Result: SignedInteger>(_ call: () -> Result) throws(Failure) -> Result {
    while true {
      let result = call()
      if result >= 0 { return result }
      let error = Failure.last
      guard error.code == EINTR else { throw error }
    }
  }
}

/// write(2), which a method of that name would hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
