import Crypto
import PilotIdentity
package import PilotTransport
import Synchronization

/// The secret that shows status page and metrics, read again when its file changes. Only its digest is kept. From any thread.
package final class StatusToken: Sendable {
  /// What looking at the file gave.
  package enum Reload: Sendable {
    case unchanged
    case reloaded
    /// The new file is unusable, and the old token stays.
    case refused(TransportError)
  }

  /// In bytes: what can't be guessed, and what fits a field of a request.
  static let length = 16...256

  private struct State {
    var digest: SHA256.Digest
    var stamp: FileStamp?
  }

  private let path: String
  private let state: Mutex<State>

  /// - Parameter path: A file with the token on its one line: 16 to 256 printable ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used. No error repeats it.
  package init(path: String) throws(TransportError) {
    self.path = path
    let stamp = FileStamp(of: path)
    state = Mutex(State(digest: try Self.digest(path), stamp: stamp))
  }

  /// Whether a text is the token; takes as long whichever character is the first wrong one.
  func matches(_ text: some Sequence<UInt8>) -> Bool {
    // A digest is compared in constant time, and hides how long the token is.
    SHA256.hash(data: Array(text)) == state.withLock { $0.digest }
  }

  /// Looks at the file, and reads it when it differs from last time. What comes through a pipe is read once.
  package func reloadIfChanged() -> Reload {
    let stamp = FileStamp(of: path)
    guard state.withLock({ $0.stamp != stamp }), stamp?.isReadableAgain ?? true else { return .unchanged }
    do throws(TransportError) {
      let digest = try Self.digest(path)
      state.withLock { $0 = State(digest: digest, stamp: stamp) }
      return .reloaded
    } catch {
      state.withLock { $0.stamp = stamp }
      return .refused(error)
    }
  }

  private static func digest(_ path: String) throws(TransportError) -> SHA256.Digest {
    let contents: [UInt8]?
    do throws(SystemCallError) {
      contents = try WholeFile.contents(of: path, limit: 4_096)
    } catch {
      throw invalid("the token file \(path) can't be read: \(error)")
    }
    var token = (contents ?? [])[...]
    while let last = token.last, last == 0x0A || last == 0x0D { token.removeLast() }
    guard length.contains(token.count), token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw invalid(
        "the token file \(path) must hold \(length.lowerBound) to \(length.upperBound) printable characters without a space, "
          + "such as those of: openssl rand -hex 32")
    }
    return SHA256.hash(data: token)
  }

  private static func invalid(_ message: String) -> TransportError {
    TransportError(code: .invalidConfiguration, message: message)
  }
}
