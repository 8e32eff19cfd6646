/// What others of this machine may do with a file that they should not: read one that holds a secret, change one that decides
/// who may do what (keys of nodes and peers, a certificate's key, a token). Such a file is used all the same, since its mode may
/// be wanted; whoever runs the program hears of it.
package enum FileExposure: Equatable, Sendable, CaseIterable {
  case readableByAll
  case writableByAll
  /// And not by all.
  case writableByGroup

  /// What others may do with the file at a path now; nothing where there is none.
  ///
  /// - Parameter isSecret: Whether others shouldn't even read it.
  package static func found(at path: String, isSecret: Bool) -> [FileExposure] {
    guard let stamp = FileStamp(of: path) else { return [] }
    return found(permissions: stamp.permissions, hasOwnGroup: stamp.hasOwnGroup, isSecret: isSecret)
  }

  /// - Parameter hasOwnGroup: Whether the file's group has the number of its owner. Most systems give each user a group of that
  ///   number with nobody else in it, and let files be group-writable for that (umask 002). Who is in a group isn't looked up:
  ///   that can ask a directory over the network, and tells of this moment only.
  static func found(permissions: UInt32, hasOwnGroup: Bool, isSecret: Bool) -> [FileExposure] {
    var found: [FileExposure] = []
    if isSecret, permissions & 0o004 != 0 { found.append(.readableByAll) }
    if permissions & 0o002 != 0 {
      found.append(.writableByAll)
    } else if permissions & 0o020 != 0, !hasOwnGroup {
      found.append(.writableByGroup)
    }
    return found
  }

  /// What is said of a file, and what to do about it.
  package func warning(about file: String) -> String {
    switch self {
    case .readableByAll: "every user of this machine can read \(file): chmod o-r"
    case .writableByAll: "every user of this machine can change \(file): chmod go-w"
    case .writableByGroup: "everybody in its group can change \(file): chmod g-w"
    }
  }

  /// The log's message, which is the same for every file: the path stands beside it.
  package var logMessage: String {
    switch self {
    case .readableByAll: "Every user of this machine can read a file that holds a secret: chmod o-r"
    case .writableByAll: "Every user of this machine can change a file that decides who may do what: chmod go-w"
    case .writableByGroup: "Everybody in its group can change a file that decides who may do what: chmod g-w"
    }
  }
}
