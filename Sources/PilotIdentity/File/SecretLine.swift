import Synchronization

/// A file with a secret on its one line of printable ASCII characters, read again when it changes. From any thread; keeps
/// nothing of what it has read.
package final class SecretLine: Sendable {
  /// Who else may read the file.
  package enum Access: Sendable {
    /// Nobody but its owner, or the group of a file of root's, and it has to be a regular file, as ``PrivateFile`` has it.
    case ownerOnly
    /// Whoever the file's mode lets. It may come through a pipe.
    case anybody
  }

  /// Why there is no secret. No case holds anything of the file.
  package enum Problem: Error, Equatable {
    case file(PrivateFile.Problem)
    /// It is no line, or too short, or too long.
    case noSecret
  }

  /// What looking at the file gave.
  package enum Look: Equatable {
    case unchanged
    /// The new secret, which whoever asked for it overwrites when he is done.
    case changed([UInt8])
    case refused(Problem)
  }

  /// The longest file, in bytes.
  private static let fileSizeLimit = 4_096

  private let path: String
  private let length: ClosedRange<Int>
  private let access: Access
  private let suggestion: String?
  private let stamp = Mutex<FileStamp?>(nil)

  /// Reads nothing yet.
  ///
  /// - Parameters:
  ///   - length: Of the secret, in bytes; line breaks at the file's end aren't part of it.
  ///   - suggestion: What can be used for one, where there is none: the end of a sentence.
  package init(path: String, length: ClosedRange<Int>, access: Access, suggestion: String? = nil) {
    (self.path, self.length, self.access, self.suggestion) = (path, length, access, suggestion)
  }

  /// Why there is no secret, as it follows the file's path in a sentence, without a full stop. Holds nothing of the file.
  package func explanation(of problem: Problem) -> String {
    switch problem {
    case .file(let problem): return "\(problem)"
    case .noSecret:
      let expected = "\(length.lowerBound) to \(length.upperBound) printable characters without a space"
      return "must hold \(expected)" + (suggestion.map { ", \($0)" } ?? "")
    }
  }

  /// The secret, which whoever asked for it overwrites when he is done. Blocks for as long as the disk takes.
  package func read() throws(Problem) -> [UInt8] {
    // Before the file is read: what is written in between is read the next time.
    let now = FileStamp(of: path)
    stamp.withLock { $0 = now }
    var contents: [UInt8]
    do throws(PrivateFile.Problem) {
      contents = try bytes()
    } catch {
      throw .file(error)
    }
    defer { contents.erase() }
    let end = contents.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
    guard length.contains(end), contents[..<end].allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .noSecret }
    return Array(contents[..<end])
  }

  /// Looks at the file, and reads it when it differs from last time. What comes through a pipe is read once. Blocks as
  /// ``read()`` does.
  package func look() -> Look {
    let now = FileStamp(of: path)
    guard stamp.withLock({ $0 != now }), now?.isReadableAgain ?? true else { return .unchanged }
    do throws(Problem) {
      return .changed(try read())
    } catch {
      return .refused(error)
    }
  }

  private func bytes() throws(PrivateFile.Problem) -> [UInt8] {
    switch access {
    case .ownerOnly: return try PrivateFile.contents(of: path, limit: Self.fileSizeLimit, for: .ownerOrRootsGroup)
    case .anybody:
      let contents: [UInt8]?
      do throws(SystemCallError) {
        contents = try WholeFile.contents(of: path, limit: Self.fileSizeLimit)
      } catch {
        throw .cannotRead(error.description)
      }
      guard let contents else { throw .tooLarge }
      return contents
    }
  }
}
