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

  private let path: String
  private let line: SecretLine
  private let digest: Mutex<SHA256.Digest>

  /// - Parameter path: A file with the token on its one line: 16 to 256 printable ASCII characters, no space.
  /// - Throws: `.invalidConfiguration` that says why it can't be used. No error repeats it.
  package init(path: String) throws(TransportError) {
    (self.path, line) = (path, SecretLine(path: path, length: Self.length, access: .anybody))
    do throws(SecretLine.Problem) {
      digest = Mutex(Self.digest(of: try line.read()))
    } catch {
      throw Self.invalid(error, path)
    }
  }

  /// Whether a text is the token; takes as long whichever character is the first wrong one.
  func matches(_ text: some Sequence<UInt8>) -> Bool {
    // A digest is compared in constant time, and hides how long the token is.
    SHA256.hash(data: Array(text)) == digest.withLock { $0 }
  }

  /// Looks at the file, and reads it when it differs from last time. What comes through a pipe is read once.
  package func reloadIfChanged() -> Reload {
    switch line.look() {
    case .unchanged: return .unchanged
    case .refused(let problem): return .refused(Self.invalid(problem, path))
    case .changed(let token):
      digest.withLock { $0 = Self.digest(of: token) }
      return .reloaded
    }
  }

  private static func digest(of token: consuming [UInt8]) -> SHA256.Digest {
    var bytes = token
    defer { bytes.erase() }
    return SHA256.hash(data: bytes)
  }

  private static func invalid(_ problem: SecretLine.Problem, _ path: String) -> TransportError {
    let text =
      switch problem {
      case .file(let problem): "the token file \(path) \(problem)"
      case .noSecret:
        "the token file \(path) must hold \(length.lowerBound) to \(length.upperBound) printable characters without a "
          + "space, such as those of: openssl rand -hex 32"
      }
    return TransportError(code: .invalidConfiguration, message: text)
  }
}
