internal import PilotWire

/// One version of a nodes file: open, so that all that is learnt of it is about the same file, and not yet read.
struct NodesFileVersion: ~Copyable {
  private let path: String
  private let file: OpenFile
  /// What tells it from other versions.
  let stamp: FileStamp

  /// Opens the version that is at `path` now.
  static func open(_ path: String) throws(NodesFileError) -> NodesFileVersion {
    do throws(SystemCallError) {
      let file = try OpenFile(reading: path)
      let stamp = try file.stamp()
      return Self(path: path, file: file, stamp: stamp)
    } catch {
      throw NodesFileError(path: path, problem: .cannotRead(reason: error.description))
    }
  }

  /// Reads all of it.
  func keys() throws(NodesFileError) -> [NodeID: PublicKey] {
    do throws(NodesFileProblem) {
      return try NodesFile.parse(contents())
    } catch {
      throw NodesFileError(path: path, problem: error)
    }
  }

  private func contents() throws(NodesFileProblem) -> [UInt8] {
    guard stamp.isRegularFile else { throw .notRegularFile }
    let contents: [UInt8]?
    let stampAfterwards: FileStamp
    do throws(SystemCallError) {
      contents = try file.contents(limit: NodesFile.sizeLimit)
      stampAfterwards = try file.stamp()
    } catch {
      throw .cannotRead(reason: error.description)
    }
    guard let contents else { throw .tooLarge(limit: NodesFile.sizeLimit) }
    guard stampAfterwards == stamp else { throw .changedWhileRead }
    return contents
  }
}
