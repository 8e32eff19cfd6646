internal import PilotWire

extension Identity {
  /// The longest identity file that is read, in bytes.
  public static let fileSizeLimit = 64 * 1024

  /// Reads an identity file (wire reference, section 8): JSON, at most 64 KiB, with permissions for its owner alone.
  ///
  /// Permissions are checked on the open file, so that it can't be exchanged between check and use. Symbolic links are
  /// followed. Blocks for as long as the disk takes.
  ///
  /// - Throws: `IdentityError`, naming the file and what to do.
  public static func load(from path: String) throws(IdentityError) -> Identity {
    var contents = try privateContents(of: path)
    defer { contents.erase() }
    var document: IdentityDocument
    do throws(IdentityDocument.Fault) {
      document = try IdentityDocument(parsing: contents)
    } catch {
      throw .malformed(path: path, reason: error.description)
    }
    defer { document.erase() }
    let identity = try Identity(seed: document.seed.span.raw)
    guard identity.publicKey == document.publicKey, identity.publicKey.bytes == document.publicHalf else {
      throw .keysDisagree(path: path)
    }
    return identity
  }

  /// Writes the identity to a file of mode 0600, in one step: at no time is there half a file at `path`.
  ///
  /// The bytes are on the disk when this returns. Blocks for as long as the disk takes.
  ///
  /// - Parameters:
  ///   - path: The file, in a folder that exists.
  ///   - overwrite: Whether a file that is there already may be replaced. Its identity is then lost.
  /// - Throws: `IdentityError.alreadyExists` or `.cannotWrite`; what was at `path` is then unchanged.
  public func save(to path: String, overwrite: Bool = false) throws(IdentityError) {
    var document = IdentityDocument(seed: seed, publicHalf: publicKey.bytes, publicKey: publicKey)
    defer { document.erase() }
    var text = Array(document.json.utf8)
    defer { text.erase() }
    do throws(AtomicFile.Failure) {
      try AtomicFile.write(text, to: path, replacing: overwrite)
    } catch {
      switch error {
      case .exists: throw .alreadyExists(path: path)
      case .openToOthers:
        throw .cannotWrite(
          path: path, reason: "its file system keeps no permissions, so that others could read the private key")
      case .system(let error): throw .cannotWrite(path: path, reason: error.description)
      }
    }
  }

  /// The bytes of a file that none but its owner has access to.
  private static func privateContents(of path: String) throws(IdentityError) -> [UInt8] {
    do throws(PrivateFile.Problem) {
      return try PrivateFile.contents(of: path, limit: fileSizeLimit)
    } catch {
      switch error {
      case .cannotRead(let reason): throw .cannotRead(path: path, reason: reason)
      case .notRegularFile: throw .notRegularFile(path: path)
      case .openToOthers(let mode): throw .openToOthers(path: path, mode: mode)
      case .tooLarge: throw .tooLarge(path: path, limit: fileSizeLimit)
      }
    }
  }
}
