/// Files with secrets, which none but their owner may have access to.
package enum PrivateFile {
  /// Who may have access to one.
  package enum Readers: Sendable {
    case owner
    /// Also the group of a file of root's, who may read it and no more. So a service gets a secret whose user has no file of his own,
    /// since he exists only while it runs (systemd.exec(5), `DynamicUser=`; what `LoadCredential=` hands over looks the same).
    case ownerOrRootsGroup
  }

  /// Why one isn't read. No case holds anything of it.
  package enum Problem: Error, Equatable {
    /// The system's text says why.
    case cannotRead(String)
    /// It is a directory, a pipe, a socket or a device.
    case notRegularFile
    /// Others than its owner have access to it: the permission bits.
    case openToOthers(mode: UInt32)
    /// It is longer than it may be.
    case tooLarge
  }

  /// The bytes of a file, which whoever asks for them overwrites when he is done.
  ///
  /// Permissions are checked on the open file, so that it can't be exchanged between check and use. Symbolic links are
  /// followed. Blocks for as long as the disk takes.
  package static func contents(
    of path: String, limit: Int, for readers: Readers = .owner
  ) throws(Problem) -> [UInt8] {
    let stamp: FileStamp
    let contents: [UInt8]?
    do throws(SystemCallError) {
      let file = try OpenFile(reading: path)
      stamp = try file.stamp()
      contents = stamp.isRegularFile && stamp.isPrivate(to: readers) ? try file.contents(limit: limit) : nil
    } catch {
      throw .cannotRead(error.description)
    }
    guard stamp.isRegularFile else { throw .notRegularFile }
    guard stamp.isPrivate(to: readers) else { throw .openToOthers(mode: stamp.permissions) }
    guard let contents else { throw .tooLarge }
    return contents
  }
}

extension PrivateFile.Problem: CustomStringConvertible {
  /// What follows the file's path in a sentence, without a full stop.
  package var description: String {
    switch self {
    case .cannotRead(let reason): "can't be read: \(reason)"
    case .notRegularFile: "is no regular file"
    case .openToOthers(let mode):
      "can be read by others than its owner (mode 0\(String(mode, radix: 8))); run: chmod 600 on it, or 640 if it is root's, for its group"
    case .tooLarge: "is too long for one"
    }
  }
}
