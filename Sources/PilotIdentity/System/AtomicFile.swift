#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Files of mode 0600 that are there with all of their contents or not at all.
package enum AtomicFile {
  /// Why a file was not written.
  package enum Failure: Error, Hashable {
    case exists
    /// The file system doesn't keep permissions: everybody could read the file.
    case openToOthers
    case system(SystemCallError)
  }

  /// Writes a file of mode 0600 at `path`.
  ///
  /// The bytes go to a new file in the same directory first, which then gets the name in one step. That step is link(2)
  /// where nothing may be replaced: unlike rename(2), it fails if the name is taken, so that two writers can't both win.
  ///
  /// Some file systems have no hard links (FAT, exFAT, many that are mounted over a network). There the name is taken with an
  /// empty file, which fails just so, and the bytes are moved over that: a reader may see the empty file for a moment.
  ///
  /// - Parameter link: link(2), or what stands for it in a test.
  package static func write(
    _ bytes: [UInt8], to path: String, replacing: Bool, link: (_ from: String, _ to: String) -> Int32 = makeLink
  ) throws(Failure) {
    let directory = directory(of: path)
    let temporary = directory + ".pilot-" + String(UInt64.random(in: 0 ... .max), radix: 16) + ".tmp"
    let isPrivate: Bool
    do throws(SystemCallError) {
      guard !path.utf8.contains(0) else { throw SystemCallError(code: EINVAL) }
      // SAFETY: here and below, the paths live as NUL-terminated texts for the length of the call.
      defer { _ = unsafe unlink(temporary) }
      let file = try OpenFile(creating: temporary)
      isPrivate = try file.stamp().isPrivate(to: .owner)
      if isPrivate {
        try file.store(bytes)
        if replacing {
          _ = try retrying { unsafe rename(temporary, path) }
        } else {
          try name(path, temporary, link)
        }
      }
    } catch {
      throw error.code == EEXIST && !replacing ? .exists : .system(error)
    }
    guard isPrivate else { throw .openToOthers }
    (try? OpenFile(reading: directory))?.synchronizeDirectory()
  }

  /// link(2).
  package static func makeLink(from: String, to: String) -> Int32 {
    // SAFETY: the paths live as NUL-terminated texts for the length of the call.
    unsafe link(from, to)
  }

  /// Gives a file a name that nobody has taken.
  private static func name(
    _ path: String, _ temporary: String, _ link: (_ from: String, _ to: String) -> Int32
  ) throws(SystemCallError) {
    do throws(SystemCallError) {
      _ = try retrying { link(temporary, path) }
    } catch  where error.meansNoHardLinks {
      _ = try OpenFile(creating: path)
      do throws(SystemCallError) {
        // SAFETY: the paths live as NUL-terminated texts for the length of the calls.
        _ = try retrying { unsafe rename(temporary, path) }
      } catch {
        _ = unsafe unlink(path)
        throw error
      }
    }
  }

  /// The part of `path` up to its last slash, or the working directory.
  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "./" }
    return String(path[...slash])
  }
}
