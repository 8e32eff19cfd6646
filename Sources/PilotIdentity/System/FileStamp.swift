#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What tells one version of a file from another without reading it.
///
/// The change time is part of it because a copy that keeps modification times (`cp -p`) can't fake that one.
package struct FileStamp: Hashable, Sendable {
  /// A point of time, as the file system keeps it.
  private struct Time: Hashable, Sendable {
    let seconds: Int
    let nanoseconds: Int

    init(_ time: timespec) {
      seconds = Int(time.tv_sec)
      nanoseconds = Int(time.tv_nsec)
    }
  }

  private let device: UInt64
  private let inode: UInt64
  private let modified: Time
  private let changed: Time
  /// The size, in bytes.
  let size: Int
  /// Type and permissions, as in `st_mode`.
  private let mode: mode_t
  /// Whether the file's group has the number of its owner.
  let hasOwnGroup: Bool
  private let isRoots: Bool

  /// What is at this path now; `nil` when nothing is, or it can't be reached.
  package init?(of path: String) {
    var status = stat()
    // SAFETY: stat(2) reads the path, a NUL-terminated string for the call, and fills the struct.
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    mode = status.st_mode
    hasOwnGroup = status.st_uid == status.st_gid
    isRoots = status.st_uid == 0
    #if canImport(Darwin)
      modified = Time(status.st_mtimespec)
      changed = Time(status.st_ctimespec)
    #else
      modified = Time(status.st_mtim)
      changed = Time(status.st_ctim)
    #endif
  }

  /// Whether it is a file with contents: no directory, pipe, socket or device.
  package var isRegularFile: Bool { mode & S_IFMT == S_IFREG }

  /// Whether it can be read again, as a pipe can't.
  package var isReadableAgain: Bool { isRegularFile || mode & S_IFMT == S_IFDIR }

  /// Whether nobody but these may do anything with it.
  func isPrivate(to readers: PrivateFile.Readers) -> Bool {
    switch readers {
    case .owner: permissions & 0o077 == 0
    case .ownerOrRootsGroup: permissions & (isRoots ? 0o037 : 0o077) == 0
    }
  }

  /// Whether root alone may read it, and so no service that has a user of its own.
  package var isReadableByRootAlone: Bool { isRoots && permissions & 0o044 == 0 }

  /// The permission bits, as chmod(1) takes them.
  var permissions: UInt32 { UInt32(mode & 0o777) }
}
