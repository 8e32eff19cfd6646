#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Files of mode 0600 that are there with all of their contents or not at all.
enum AtomicFile {
  /// Why a file was not written.
  enum Failure: Error, Hashable {
    case exists
    case system(SystemCallError)
  }

  /// Writes a file of mode 0600 at `path`.
  ///
  /// The bytes go to a new file in the same directory first, which then gets the name in one step. That step is link(2)
  /// where nothing may be replaced: unlike rename(2), it fails if the name is taken, so that two writers can't both win.
  static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(Failure) {
    let directory = directory(of: path)
    let temporary = directory + ".pilot-" + String(UInt64.random(in: 0 ... .max), radix: 16) + ".tmp"
    do throws(SystemCallError) {
      guard !path.utf8.contains(0) else { throw SystemCallError(code: EINVAL) }
      // SAFETY: here and below, the paths live as NUL-terminated texts for the length of the call.
      defer { _ = unsafe unlink(temporary) }
      let file = try OpenFile(creating: temporary)
      try file.store(bytes)
      if replacing {
        _ = try retrying { unsafe rename(temporary, path) }
      } else {
        _ = try retrying { unsafe link(temporary, path) }
      }
    } catch {
      throw error.code == EEXIST && !replacing ? .exists : .system(error)
    }
    (try? OpenFile(reading: directory))?.synchronizeDirectory()
  }

  /// The part of `path` up to its last slash, or the working directory.
  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "./" }
    return String(path[...slash])
  }
}
